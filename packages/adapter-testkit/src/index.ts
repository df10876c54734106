/**
 * `@scopegate/adapter-testkit`: one suite that every adapter passes, over real sockets.
 *
 * @module @scopegate/adapter-testkit
 */
export type {
  Answer,
  AppOptions,
  Application,
  Call,
  GuardedRoute,
  Harness,
  Parser,
  Skip,
  Started,
} from './harness.js';
export type { Runner } from './runner.js';
export { serveFetch, toResponse } from './serve-fetch.js';
export { testAdapter } from './test-adapter.js';
export type { TestGate, TestRule, TestScope } from './types.js';
