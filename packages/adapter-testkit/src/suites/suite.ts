/**
 * What suites are made of.
 *
 * @module
 */
import type { App, AppSetup } from '../app.js';

/** One application, and what is checked of it. */
export interface Suite {
  readonly name: string;
  readonly setup: AppSetup;
  readonly checks: readonly Check[];
}

export interface Check {
  /** Ends with the ids that it proves, in brackets. */
  readonly title: string;
  /** Rejects if the adapter is at fault. */
  readonly run: (app: App) => Promise<void>;
}
