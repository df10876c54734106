/** The code of docs/client.md is compiled against the library as it is. */
import { expect, test } from 'vitest';
import { codeOf, compileFiles, toFiles } from '../../../packages/core/test/support/compile-docs.js';

/** What the page leaves to its reader. */
const SIGN_IN = `
import type { AuthorizationRequest, ClientToken } from '@scopegate/client';
export declare function getToken(): Promise<ClientToken | undefined>;
export declare function redirectToSignIn(request: AuthorizationRequest): Promise<void>;
export declare function signIn(options: {
  issuer: string | undefined;
  scope: string | undefined;
  resource: string;
}): Promise<void>;
`;

test('the code of docs/client.md compiles', async () => {
  const blocks = await codeOf('docs/client.md');
  expect(blocks).toHaveLength(3);
  const files = { ...toFiles(blocks), 'sign-in.ts': SIGN_IN };
  expect(await compileFiles(import.meta.url, files)).toBe('');
});
