/** The picture in the README is what the demo prints: it needs a build, as the demo does. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { root } from '../support.js';

test('the picture of the loop is what the demo does', async () => {
  const run = promisify(execFile)(process.execPath, ['scripts/picture.mjs', '--check'], {
    cwd: root,
  });
  expect(await run).toEqual({ stdout: '', stderr: '' });
});
