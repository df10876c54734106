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
   * Answers with the gate's 403 if `error` is a scope error and no header has been sent. Otherwise it
   * returns `false`, and the application must handle the error.
   */
  refuse(error: unknown): boolean;
  /**
   * Runs `handler`. If it throws a scope error and no header has been sent, the gate's 403 is the answer;
   * every other error is thrown again.
   */
  run<T>(handler: () => T): Promise<Awaited<T> | undefined>;
}
