/** The code of docs/upstream-tokens.md is compiled against the library as it is, as one application. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What the page leaves to its reader. */
const GATE = `
import type { Gate } from '@scopegate/core';
export declare const gate: Gate<'notes:read' | 'notes:write'>;
export declare const secret: string;
`;

test('the code of docs/upstream-tokens.md compiles', async () => {
  const text = await readFile(`${root}docs/upstream-tokens.md`, 'utf8');
  const snippets = [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);
  expect(snippets).toHaveLength(5);
  // Inside the example, so that its packages are found.
  const folder = await mkdtemp(fileURLToPath(new URL('.docs-', import.meta.url)));
  try {
    await writeFile(`${folder}/gate.ts`, GATE);
    await writeFile(`${folder}/orders.ts`, snippets[0] ?? '');
    for (const [i, code] of snippets.entries()) await writeFile(`${folder}/page${i}.ts`, code);
    const compilerOptions = {
      ...{ noEmit: true, isolatedDeclarations: false, declaration: false, declarationMap: false },
      ...{ types: ['node'], customConditions: ['@scopegate/source'] },
    };
    const config = { extends: `${root}tsconfig.base.json`, compilerOptions, include: ['*.ts'] };
    await writeFile(`${folder}/tsconfig.json`, JSON.stringify(config));
    const compiled = await promisify(execFile)(`${root}node_modules/.bin/tsc`, [
      '-p',
      folder,
    ]).catch((error: { stdout: string }) => error);
    expect(compiled.stdout).toBe('');
  } finally {
    await rm(folder, { recursive: true });
  }
});
