/** What docs/several-instances.md and the README show compiles, and names the commands that are sent. */
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { codeOf, compileFiles } from '../../core/test/support/compile-docs.js';

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

test('the code compiles', async () => {
  const [gate = '', verifier = '', revoke = '', proofs = '', ...others] = await codeOf(
    'docs/several-instances.md',
  );
  expect(others).toEqual([]);
  const [example = ''] = await codeOf('packages/store-redis/README.md');
  const pages = {
    'gate.ts': gate,
    'verifier.ts': verifier,
    'revoke.ts': revoke,
    'proofs.ts': proofs,
    'example.ts': example,
  };
  const files = { ...pages, 'settings.ts': SETTINGS, 'service.ts': SERVICE };
  const packages = { '@scopegate/redis': 'packages/store-redis/src/index.ts' };
  expect(await compileFiles(import.meta.url, files, packages)).toBe('');
});

test('the page names the commands that an ACL must allow', async () => {
  const page = await readFile(`${root}docs/several-instances.md`, 'utf8');
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
