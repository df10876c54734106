/**
 * The result of a guard for a request that the gate allowed.
 *
 * @module
 */
import type { Auth } from '../policy/index.js';
import type { HeaderList } from '../types.js';

/** The result of a guard for a request that may reach its handler. */
export interface Passed<S extends string = string> {
  /** The caller; `undefined` on a public operation without a token. */
  readonly auth: Auth<S> | undefined;
  /** The body that the gate evaluated, parsed; `undefined` if the rule did not need it. */
  readonly body: unknown;
  /** The headers that the answer must have. */
  readonly headers: HeaderList;
  /**
   * Answers with the gate's 403 (401 without a token) if `error` is a scope error and no header has been
   * sent. Otherwise it returns `false`, and the application must handle the error.
   */
  refuse(error: unknown): boolean;
  /**
   * Runs `handler`, and answers a scope error as {@link Passed.refuse} does. It throws every other error
   * again, and a scope error if a header has been sent.
   */
  run<T>(handler: () => T): Promise<Awaited<T> | undefined>;
}
