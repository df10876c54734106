/** The command as a developer runs it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readOptions, select } from '../src/options.js';

const SCRIPT = fileURLToPath(new URL('../run.mjs', import.meta.url));

function fuzz(...args: string[]): Promise<{ code: unknown; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, ...args], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, output: stdout + stderr }),
    );
  });
}

test(
  'a finding ends the run with 1, and its last line finds it again',
  { timeout: 120_000 },
  async () => {
    const only = ['--only', 'broken: forgets a route'];
    const { code, output } = await fuzz('--minutes', '0.02', '--seed', '7', ...only);
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
