/** The example as its README has it run. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('shows each refusal and what ran', async () => {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [main]);
  const lines = stdout.split('\n').map((line) => line.trim().replaceAll(/ {2,}/g, ' '));
  expect(lines.filter((line) => /^\d{3} /.test(line))).toEqual([
    '401 read_notes, no token',
    '200 read_notes, token-of-a-reader',
    '403 add_note, token-of-a-reader',
    '200 add_note, token-of-a-writer',
    '200 count, token-of-a-reader',
    '403 purge, token-of-a-writer',
  ]);
  expect(lines.filter((line) => line.startsWith('upstream:'))).toEqual([
    'upstream: read_notes runs for ray',
    'upstream: add_note runs for kim',
    'upstream: count runs for ray',
  ]);
});
