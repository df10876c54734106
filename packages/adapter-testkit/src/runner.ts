/**
 * What the suite asks of a test runner.
 *
 * @module
 */

/** The functions of a test runner: `import * as runner from 'vitest'`, or from `node:test`. */
export interface Runner {
  readonly describe: (name: string, define: () => void) => unknown;
  readonly it: (name: string, run: () => Promise<void>) => unknown;
  /** Runs after the tests of a `describe`; as node:test and Mocha call it. */
  readonly after?: (run: () => Promise<void>) => unknown;
  /** The same, as vitest, Jest and Bun call it. */
  readonly afterAll?: (run: () => Promise<void>) => unknown;
}

/** The runner's hook that runs when a `describe` is over. */
export function hookAfter(runner: Runner): (run: () => Promise<void>) => void {
  const hook = runner.after ?? runner.afterAll;
  if (hook === undefined) throw new TypeError('runner: expected after or afterAll');
  return (run) => void hook(run);
}
