/** What docs/several-instances.md and the README show compiles, and names the commands that are sent. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const SETTINGS = `
import type { IntrospectionVerifierOptions } from '@scopegate/core/introspection';
export declare const settings: {
  readonly redisUrl: string;
  readonly storeSecret: string;
  readonly clientAuthentication: IntrospectionVerifierOptions['clientAuthentication'];
};
`;
const SERVICE = `
import type { GateOptions } from '@scopegate/core';
import type { RedisClient } from '@scopegate/redis';
export declare const client: RedisClient;
export declare const options: GateOptions<'notes:read'>;
export declare const secret: string;
`;

let page: string;
let folder: string;
beforeAll(async () => {
  page = await readFile(`${root}docs/several-instances.md`, 'utf8');
  // Inside the package, so that its dependencies are found.
  folder = await mkdtemp(fileURLToPath(new URL('.docs-', import.meta.url)));
});
afterAll(() => rm(folder, { recursive: true }));

test('the code compiles', async () => {
  const readme = await readFile(`${root}packages/store-redis/README.md`, 'utf8');
  const [gate = '', revoke = '', proofs = '', ...others] = blocksOf(page);
  expect(others).toEqual([]);
  const [example = ''] = blocksOf(readme);
  const files = { gate, revoke, proofs, example, settings: SETTINGS, service: SERVICE };
  for (const [name, code] of Object.entries(files)) await writeFile(`${folder}/${name}.ts`, code);
  const compilerOptions = {
    ...{ noEmit: true, isolatedDeclarations: false, declaration: false, declarationMap: false },
    ...{ types: ['node'], customConditions: ['@scopegate/source'] },
    paths: { '@scopegate/redis': [`${root}packages/store-redis/src/index.ts`] },
  };
  const config = { extends: `${root}tsconfig.base.json`, compilerOptions, include: ['*.ts'] };
  await writeFile(`${folder}/tsconfig.json`, JSON.stringify(config));
  const compile = promisify(execFile)(`${root}node_modules/.bin/tsc`, ['-p', folder]);
  const faults = await compile.then(
    ({ stdout }) => stdout,
    (error: { stdout: string; stderr: string }) => error.stdout || error.stderr,
  );
  expect(faults).toBe('');
});

test('the page names the commands that an ACL must allow', async () => {
  const folderOfSources = `${root}packages/store-redis/src`;
  const names = await readdir(folderOfSources);
  const sources = await Promise.all(
    names.map((name) => readFile(`${folderOfSources}/${name}`, 'utf8')),
  );
  const sent = [...sources.join('\n').matchAll(/end\('([A-Z]+)'/g)].map(([, name = '']) => name);
  const [, sentence = ''] = /The commands are (.*?), each on one key/.exec(page) ?? [];
  const named = [...sentence.matchAll(/`([A-Z]+)`/g)].map(([, name = '']) => name);
  expect(new Set(named)).toEqual(new Set([...sent, 'SUBSCRIBE']));
});

function blocksOf(text: string): string[] {
  return [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);
}
