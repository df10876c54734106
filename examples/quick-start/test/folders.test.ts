/** Every folder is an example that its README has run, and that the list names. */
import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../', import.meta.url));
const script = fileURLToPath(new URL('../../../scripts/example.mjs', import.meta.url));
const OTHERS = new Set(['node_modules', 'notes', 'test']);
const entries = await readdir(folder, { withFileTypes: true });
const names = entries
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !OTHERS.has(entry.name))
  .map(({ name }) => name);

test.each(names)('%s has a command, a README, and a line in the list', async (name) => {
  const manifest: unknown = JSON.parse(await readFile(`${folder}${name}/package.json`, 'utf8'));
  expect(manifest).toMatchObject({
    name: `@scopegate/example-${name}`,
    private: true,
    scripts: { start: expect.any(String) as string },
  });
  expect(await readFile(`${folder}${name}/README.md`, 'utf8')).toContain(
    `npm run example -- ${name} `,
  );
  expect(await readFile(`${folder}README.md`, 'utf8')).toContain(`[${name}](${name})`);
});

test('a name that is none is answered with all of them', async () => {
  const run = promisify(execFile)(process.execPath, [script, 'rails']);
  const error = await run.catch((reason: { code: number; stderr: string }) => reason);
  expect(error).toMatchObject({ code: 2 });
  for (const name of names) expect(error.stderr).toContain(`\n  ${name}\n`);
});
