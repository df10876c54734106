/**
 * `@scopegate/cli`: the command `scopegate` as a function, for scripts that run it in their own process.
 *
 * @module @scopegate/cli
 */
export { run } from './run.js';
export type { Terminal } from './terminal.js';
