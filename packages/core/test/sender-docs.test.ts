/** The code of docs/sender-constrained-tokens.md is compiled against the library as it is. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

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
  const text = await readFile(`${root}docs/sender-constrained-tokens.md`, 'utf8');
  const snippets = [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);
  expect(snippets).toHaveLength(7);
  // Inside the package, so that its dependencies are found.
  const folder = await mkdtemp(fileURLToPath(new URL('.docs-', import.meta.url)));
  try {
    await writeFile(`${folder}/sign-in.ts`, SIGN_IN);
    for (const [i, code] of snippets.entries()) await writeFile(`${folder}/page${i}.ts`, code);
    const compilerOptions = {
      ...{ noEmit: true, isolatedDeclarations: false, declaration: false, declarationMap: false },
      ...{ types: ['node'], customConditions: ['@scopegate/source'] },
      paths: { '@scopegate/client': [`${root}packages/client/src/index.ts`] },
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
