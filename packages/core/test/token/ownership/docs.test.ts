/** What docs/ownership.md shows compiles. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../../../', import.meta.url));

test('every block of docs/ownership.md compiles', async () => {
  const page = await readFile(`${root}docs/ownership.md`, 'utf8');
  const blocks = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
  expect(blocks.length).toBeGreaterThan(6);
  const folder = await mkdtemp(fileURLToPath(new URL('./.docs-', import.meta.url)));
  try {
    const names = blocks.map((_, index) => (index === 0 ? 'gate.ts' : `block-${index}.ts`));
    await Promise.all(
      blocks.map((code, index) => writeFile(join(folder, names[index] as string), code)),
    );
    const config = {
      extends: `${root}packages/core/tsconfig.json`,
      compilerOptions: {
        paths: {
          '@scopegate/core': [`${root}packages/core/src/index.ts`],
          '@scopegate/core/*': [
            `${root}packages/core/src/*/index.ts`,
            `${root}packages/core/src/token/*/index.ts`,
            `${root}packages/core/src/*.ts`,
          ],
          '@scopegate/proxy': [`${root}packages/proxy/src/index.ts`],
        },
      },
      include: ['*.ts'],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const output = await compile(join(folder, 'tsconfig.json'));
    expect(output).toBe('');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 180_000);

function compile(project: string): Promise<string> {
  const tsc = `${root}node_modules/typescript/bin/tsc`;
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, '-p', project, '--noEmit'], (_error, stdout) =>
      resolve(stdout),
    );
  });
}
