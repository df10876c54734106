/**
 * Runs the whole suite against one adapter.
 *
 * @module
 */
import * as nodeTest from 'node:test';
import { App } from './app.js';
import type { Harness, Parser, Skip } from './harness.js';
import { withDuty } from './duties.js';
import { hookAfter } from './runner.js';
import type { Runner } from './runner.js';
import { allSuites } from './suites/index.js';
import type { Check, Suite } from './suites/index.js';

const PARSERS: readonly Parser[] = ['before', 'behind', 'absent'];

/**
 * Defines a test for every case that an adapter has to pass, each over a real socket.
 * A skipped case runs, too. Its test fails if the case passes.
 *
 * @example
 * ```ts
 * import * as runner from 'vitest';
 * testAdapter(harness, runner);
 * ```
 * @param runner - node:test if left out
 * @throws {@link TypeError} for a skip that names no case or gives no reason, and for a runner without `after`
 * and `afterAll`
 */
export function testAdapter(harness: Harness, runner: Runner = nodeTest): void {
  const { parsers = PARSERS, hasStreams } = harness;
  testSuites(harness, allSuites(parsers, hasStreams), runner);
}

/** Does the same as {@link testAdapter} for the given suites. */
export function testSuites(harness: Harness, suites: readonly Suite[], runner: Runner): void {
  const skips = checkSkips(harness, suites);
  const after = hookAfter(runner);
  runner.describe(harness.name, () => {
    for (const suite of suites) {
      runner.describe(suite.name, () => {
        let app: Promise<App> | undefined;
        // The first case that runs starts the application, because a runner may leave out any case.
        const started = (): Promise<App> => (app ??= new App().start(harness, suite.setup));
        // If the application did not start, every case that ran has failed already.
        after(async () => (await app?.catch(() => undefined))?.close());
        for (const check of suite.checks) {
          const skip = skips.get(caseName(suite, check));
          const title =
            skip === undefined ? check.title : `(skipped: ${skip.reason}) ${check.title}`;
          runner.it(title, () => run(started, suite, check, skip));
        }
      });
    }
  });
}

async function run(
  started: () => Promise<App>,
  suite: Suite,
  check: Check,
  skip: Skip | undefined,
): Promise<void> {
  const { run: verify } = check;
  const app = await started();
  app.reset();
  if (skip === undefined) {
    try {
      return await verify(app);
    } catch (error) {
      throw withDuty(error, suite, check);
    }
  }
  const failed = await verify(app).then(
    () => false,
    () => true,
  );
  if (!failed) throw new Error(`this case passes, so the skip is stale: ${skip.reason}`);
}

/** How a skip names a case: the suite's name, and the title without its ids. */
function caseName(suite: Suite, { title }: Check): string {
  return `${suite.name}: ${title.replace(/ \[[^[\]]*\]$/, '')}`;
}

function checkSkips({ skips = [] }: Harness, suites: readonly Suite[]): ReadonlyMap<string, Skip> {
  const names = new Set(
    suites.flatMap((suite) => suite.checks.map((check) => caseName(suite, check))),
  );
  for (const [index, skip] of skips.entries()) {
    if (!names.has(skip.case)) {
      throw new TypeError(`skips[${index}].case: no case is called ${JSON.stringify(skip.case)}`);
    }
    if (typeof skip.reason !== 'string' || skip.reason === '') {
      throw new TypeError(`skips[${index}].reason: is required`);
    }
  }
  return new Map(skips.map((skip) => [skip.case, skip]));
}
