/** The code of docs/proxy.md, docs/forward-auth.md and docs/in-front.md compiles against the packages. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What the pages leave to their readers. */
const OURS = {
  'server.ts': `
import type { FetchHandler, GateOptions } from '@scopegate/core';
export declare const options: GateOptions<'notes:read'>;
export declare const mcp: { readonly fetch: FetchHandler<'notes:read', []> };
`,
  'app.ts': `
import type { GateOptions } from '@scopegate/core';
import type { Express, RequestHandler } from 'express';
export declare const app: Express;
export declare const exportNotes: RequestHandler;
export declare const options: GateOptions<'notes:read'>;
`,
};

test.each([
  ['proxy', 3],
  ['forward-auth', 1],
  ['in-front', 2],
])('docs/%s.md', async (page, count) => {
  // Inside the example, so that its packages are found.
  const folder = await mkdtemp(fileURLToPath(new URL('.docs-', import.meta.url)));
  onTestFinished(() => rm(folder, { recursive: true }));
  const text = await readFile(`${root}docs/${page}.md`, 'utf8');
  const snippets = [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);
  expect(snippets).toHaveLength(count);
  const ours = page === 'in-front' ? Object.entries(OURS) : [];
  await Promise.all(ours.map(([name, code]) => writeFile(`${folder}/${name}`, code)));
  await Promise.all(snippets.map((code, index) => writeFile(`${folder}/${index}.ts`, code)));
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
