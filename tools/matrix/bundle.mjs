/** Bundles the programs of the matrix out of the source, so that every runtime runs the same bytes. */
import { cp, readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('./', import.meta.url));
const testkit = new URL('../../packages/adapter-testkit/', import.meta.url);
const vectors = new URL('vectors/', testkit);

/**
 * Returns the folder that `run-vectors.mjs`, `run-adapter.mjs`, `run-answers.mjs` and `worker.mjs` are in: below
 * `folder`, as deep as the suite is in its package, from where it reads its attacks.
 */
export async function bundlePrograms(folder) {
  const outdir = `${folder}/dist/suites`;
  await cp(new URL('attacks/', testkit), `${folder}/attacks`, { recursive: true });
  const shared = {
    ...{ bundle: true, outdir, format: 'esm', logLevel: 'error', target: 'node20' },
    outExtension: { '.js': '.mjs' },
    define: { VECTORS: JSON.stringify(await readVectors()) },
  };
  const conditions = ['@scopegate/source'];
  await build({
    ...{ ...shared, entryPoints: [`${here}src/worker.ts`] },
    conditions: [...conditions, 'workerd', 'worker'],
  });
  await build({
    ...{ ...shared, conditions, platform: 'node' },
    entryPoints: ['run-vectors', 'run-adapter', 'run-answers'].map(
      (name) => `${here}src/${name}.ts`,
    ),
    // Frameworks are CommonJS: a module has no `require` of its own.
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module';\nconst require = makeRequire(import.meta.url);",
    },
  });
  return outdir;
}

async function readVectors() {
  const files = (await readdir(vectors)).filter((file) => file.endsWith('.json'));
  const texts = files.map(async (file) => [
    file.replace('.json', ''),
    await readFile(new URL(file, vectors), 'utf8'),
  ]);
  return Object.fromEntries(await Promise.all(texts));
}
