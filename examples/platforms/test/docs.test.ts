/** The code of docs/hosts.md compiles against the packages. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
let folder: string;

beforeAll(async () => {
  // Inside the example, so that its packages are found.
  folder = await mkdtemp(fileURLToPath(new URL('.docs-', import.meta.url)));
});
afterAll(() => rm(folder, { recursive: true }));

test('docs/hosts.md', async () => {
  const text = await readFile(`${root}docs/hosts.md`, 'utf8');
  const snippets = [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);
  expect(snippets).toHaveLength(2);
  await Promise.all(snippets.map((code, index) => writeFile(`${folder}/${index}.ts`, code)));
  await writeFile(`${folder}/gate.ts`, "export { gate } from '../../src/gate.js';");
  const compilerOptions = {
    ...{ noEmit: true, types: ['node'], isolatedDeclarations: false, declaration: false },
    ...{ declarationMap: false, customConditions: ['@scopegate/source'] },
  };
  const config = { extends: '../../../../tsconfig.base.json', compilerOptions, include: ['*.ts'] };
  await writeFile(`${folder}/tsconfig.json`, JSON.stringify(config));
  const compile = promisify(execFile)(`${root}node_modules/.bin/tsc`, ['-p', folder]);
  const printed = await compile.catch((error: { stdout: string }) => error);
  expect(printed.stdout).toBe('');
});
