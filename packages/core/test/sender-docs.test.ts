/** The code of docs/sender-constrained-tokens.md is compiled against the library as it is. */
import { expect, test } from 'vitest';
import { codeOf, compileFiles, toFiles } from './support/compile-docs.js';

/** What the page leaves to its reader. */
const SIGN_IN = `
import type { KeyPair } from 'dpop';
export declare function getToken(): Promise<string | undefined>;
export declare function signIn(options: {
  keys: KeyPair;
  scope: string | undefined;
  resource: string;
}): Promise<void>;
`;

test('the code of docs/sender-constrained-tokens.md compiles', async () => {
  const blocks = await codeOf('docs/sender-constrained-tokens.md');
  expect(blocks).toHaveLength(6);
  const files = { ...toFiles(blocks), 'sign-in.ts': SIGN_IN };
  const packages = { '@scopegate/client': 'packages/client/src/index.ts' };
  expect(await compileFiles(import.meta.url, files, packages)).toBe('');
});
