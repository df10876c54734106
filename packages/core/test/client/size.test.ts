import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

/** What an import costs a page: bundled, minified, compressed. */
async function sizeOf(entry: string, names: string): Promise<number> {
  const path = fileURLToPath(new URL(`../../src/${entry}`, import.meta.url));
  const { outputFiles } = await build({
    stdin: { contents: `export ${names} from ${JSON.stringify(path)}`, resolveDir: '.' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  });
  return brotliCompressSync(outputFiles[0]?.contents ?? '').length;
}

test.each([
  ['client/index.ts', '*', 7800],
  ['client/index.ts', '{ parseChallenges }', 1843],
])('%s, %s: at most %i bytes [T131]', async (entry, names, budget) => {
  expect(await sizeOf(entry, names)).toBeLessThanOrEqual(budget);
});
