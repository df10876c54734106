/** The code of docs/client.md is compiled against the library as it is. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

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
  const text = await readFile(`${root}docs/client.md`, 'utf8');
  const snippets = [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);
  expect(snippets).toHaveLength(3);
  // Inside the example, so that its packages are found.
  const folder = await mkdtemp(fileURLToPath(new URL('.docs-', import.meta.url)));
  try {
    await writeFile(`${folder}/sign-in.ts`, SIGN_IN);
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
