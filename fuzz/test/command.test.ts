/** The command as a developer runs it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { main } from '../src/main.js';
import { readOptions, select } from '../src/options.js';

const SCRIPT = fileURLToPath(new URL('../run.mjs', import.meta.url));

interface Ended {
  readonly code: unknown;
  readonly output: string;
}

function fuzz(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, ...args], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, output: stdout + stderr }),
    );
  });
}

/** The same from here, which saves loading every server once more; its workers run the script. */
async function fuzzFromHere(...args: string[]): Promise<Ended> {
  const log = vi.spyOn(console, 'log').mockReturnValue();
  try {
    const code = await main(args, SCRIPT);
    return { code, output: log.mock.calls.join('\n') };
  } finally {
    log.mockRestore();
  }
}

test(
  'a finding ends the run with 1, and its last line finds it again',
  { timeout: 120_000 },
  async () => {
    const only = ['--only', 'broken: forgets a route'];
    const { code, output } = await fuzzFromHere('--minutes', '0.01', '--seed', '7', ...only);
    expect({ code, output }).toMatchObject({ code: 1 });
    expect(output).toContain('seed 7, 1 shapes');
    expect(output).toMatch(/^broken: forgets a route +\d+ +\d+ +\d+ +\d+$/m);
    const line = /--replay '(?<json>.*)'$/m.exec(output)?.groups?.['json'] ?? '';
    const again = await fuzz('--replay', line);
    expect(again).toMatchObject({ code: 1 });
    expect(again.output).toMatch(/^FOUND {3}route GET/m);
  },
);

test.each([
  [['--minutes', 'x'], /--minutes/],
  [['--seed', '-1'], /--seed|ambiguous/],
  [['--only', 'rails'], /--only: no shape is called 'rails'/],
  [['--replay', '{}'], /--replay/],
  [['--replay', 'x'], /JSON/],
  [['--fast'], /--fast/],
])('%j is refused by name', (args, message) => {
  expect(() => readOptions(args)).toThrow(message);
});

test('shapes are chosen by group or by a part of their name', () => {
  const groups = new Set(select('express,proxy').map(({ group }) => group));
  expect(groups).toEqual(new Set(['express', 'proxy']));
  expect(select('Koa 2, parser absent'.split(', ')[1])).not.toHaveLength(0);
  expect(select(undefined).some(({ group }) => group === 'broken')).toBe(false);
});
