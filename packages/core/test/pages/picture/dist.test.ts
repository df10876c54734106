/** What the README shows of the demo is what the demo prints: it needs a build, as the demo does. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { blocksOf, root } from '../support.js';

const run = (...args: readonly string[]) =>
  promisify(execFile)(process.execPath, args, { cwd: root });

test('the picture of the loop is what the demo does', async () => {
  expect(await run('scripts/picture.mjs', '--check')).toEqual({ stdout: '', stderr: '' });
});

test('the lines of the README are lines of the demo', async () => {
  // Ports and times differ from run to run.
  const plain = (text: string): string =>
    text.replaceAll(/localhost:\d+/g, 'localhost').replaceAll(/in [\d.]+ s\.$/gm, 'in a while.');
  const blocks = blocksOf(readFileSync(`${root}README.md`, 'utf8'));
  const [shown = ''] = blocks.flatMap(({ code }) =>
    code.startsWith('$ npm run demo') ? [plain(code)] : [],
  );
  const { stdout } = await run('examples/notes-mcp/dist/main.js');
  // Lines that are left out stand as `...`.
  const parts = shown.replace(/^\$.*\n/gm, '').split(/^ *\.\.\.\n/m);
  expect(parts).toHaveLength(3);
  for (const part of parts) expect(plain(stdout)).toContain(part.trim());
});
