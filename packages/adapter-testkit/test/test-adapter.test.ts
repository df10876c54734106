import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { NODE } from '../../core/test/support/node-harness.js';
import type { Harness, Skip } from '../src/index.js';
import { testAdapter, testSuites } from '../src/test-adapter.js';
import type { Suite } from '../src/suites/index.js';
import { down, verifier } from '../src/tokens.js';
import { createRoutes } from '../src/gates.js';
import { collect } from './support/collect.js';

const routes = createRoutes({ verifier, down });
const suite: Suite = {
  name: 'suite',
  setup: { routes },
  checks: [
    { title: 'passes [id]', run: async () => undefined },
    { title: 'fails [id, id]', run: async () => Promise.reject(new Error('no')) },
  ],
};

async function outcomes(harness: Harness, suites: readonly Suite[] = [suite]) {
  const { runner, run } = collect();
  testSuites(harness, suites, runner);
  const all = await run();
  return Object.fromEntries(all.map(({ title, error }) => [title, (error as Error)?.message]));
}

const skipping = (...skips: readonly Skip[]): Harness => ({ ...NODE, skips });

describe('skips', () => {
  test('a case that is skipped with a reason may fail, and the title says why', async () => {
    const skip = { case: 'suite: fails', reason: 'its server closes early' };
    expect(await outcomes(skipping(skip))).toEqual({
      'node:http > suite > passes [id]': undefined,
      'node:http > suite > (skipped: its server closes early) fails [id, id]': undefined,
    });
  });

  test('a skipped case that passes is stale', async () => {
    const result = await outcomes(skipping({ case: 'suite: passes', reason: 'it was so once' }));
    expect(result['node:http > suite > (skipped: it was so once) passes [id]']).toBe(
      'this case passes, so the skip is stale: it was so once',
    );
  });

  test('a skip that names no case, or gives no reason, is a mistake', () => {
    const { runner } = collect();
    for (const [skip, message] of [
      [{ case: 'no such case', reason: 'none' }, 'skips[0].case: no case is called "no such case"'],
      [{ case: 'suite: passes', reason: '' }, 'skips[0].reason: is required'],
    ] as const) {
      expect(() => testSuites(skipping(skip), [suite], runner)).toThrow(TypeError);
      expect(() => testSuites(skipping(skip), [suite], runner)).toThrow(message);
    }
  });
});

describe('a harness', () => {
  test('that does not start fails every case', async () => {
    const broken: Harness = { name: 'broken', start: () => Promise.reject(new Error('in use')) };
    expect(await outcomes(broken)).toEqual({
      'broken > suite > passes [id]': 'in use',
      'broken > suite > fails [id, id]': 'in use',
    });
  });

  test('starts once for a suite, and is closed behind it', async () => {
    const log: string[] = [];
    const logging: Harness = {
      name: 'logging',
      async start(gates, options) {
        log.push('start');
        const { url, close } = await NODE.start(gates, options);
        return { url, close: () => close().then(() => void log.push('close')) };
      },
    };
    await outcomes(logging, [suite, { ...suite, name: 'another' }]);
    expect(log).toEqual(['start', 'close', 'start', 'close']);
  });

  test('whose parser can stand in one place only is asked for no other', () => {
    const names: string[] = [];
    const runner = { describe: (name: string) => names.push(name), it: () => 0, after: () => 0 };
    const within = {
      ...runner,
      describe: (name: string, define: () => void) => (names.push(name), define()),
    };
    testAdapter({ ...NODE, parsers: ['absent'] }, within);
    expect(names.filter((name) => name.includes('parser'))).toEqual([
      'JSON parser absent',
      'attacks, JSON parser absent, all tools guarded',
      'attacks, JSON parser absent, public tools, too',
    ]);
  });
});

describe('a runner', () => {
  test('needs a hook behind the tests', () => {
    const runner = { describe: () => undefined, it: () => undefined };
    expect(() => testSuites(NODE, [suite], runner)).toThrow(TypeError);
    expect(() => testSuites(NODE, [suite], runner)).toThrow('runner: expected after or afterAll');
  });

  test('may be node:test, which it is if none is given', { timeout: 60_000 }, async () => {
    const file = fileURLToPath(new URL('support/node-test.mjs', import.meta.url));
    const run = promisify(execFile);
    // Vitest and node:test set these variables for the files that they run; this file is run by neither.
    const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
    const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap', file], {
      env,
      maxBuffer: 64 * 1024 * 1024,
    });
    expect(stdout).toMatch(/^# fail 0$/m);
    expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThan(500);
  });
});
