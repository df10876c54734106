#!/usr/bin/env node
/**
 * Packs every package as publishing does, and uses the tarballs as users do.
 *
 *   npm run test:packed               everything: installs with npm, every bundler and TypeScript, first 401
 *   npm run test:packed -- --quick    without a registry: this Node, esbuild, this TypeScript
 *   npm run test:packed -- --only types,first-401
 */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { VERSIONS as RUNTIMES, findRuntime } from '../find-runtime.mjs';
import { PACKAGES, bundle } from './bundlers.mjs';
import { loadEntries } from './entries.mjs';
import { firstRefusals } from './first-401.mjs';
import { installWithNpm, packAll, unpack } from './pack.mjs';
import { VERSIONS, compile } from './types.mjs';

const PARTS = ['entries', 'bundlers', 'types', 'first-401'];
const root = fileURLToPath(new URL('../../', import.meta.url));

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: PARTS.join(',') },
    help: { type: 'boolean', default: false },
  },
});
const parts = values.only.split(',');
const unknown = parts.filter((part) => !PARTS.includes(part));
if (values.help || unknown.length > 0) {
  console.log(`usage: npm run test:packed -- [--quick] [--only ${PARTS.join(',')}]`);
  process.exit(values.help ? 0 : 2);
}

const folder = await realpath(await mkdtemp(`${tmpdir()}/scopegate-packed-`));
try {
  await mkdir(`${folder}/tarballs`);
  const packed = await packAll(`${folder}/tarballs`);
  console.log(`${packed.length} packages packed`);
  let isFailed = false;
  for await (const { name, problem, detail = '', seconds } of values.quick
    ? quick(packed)
    : whole(packed)) {
    const isWrong = Boolean(problem);
    isFailed ||= isWrong;
    console.log(`${isWrong ? 'FAULT' : 'ok'}  ${name}  ${detail}  ${seconds.toFixed(1)} s`);
    if (isWrong) console.log(String(problem).replaceAll(/^/gm, '       '));
  }
  process.exitCode = isFailed ? 1 : 0;
} finally {
  await rm(folder, { recursive: true });
}

/** Nothing is downloaded. */
async function* quick(packed) {
  const user = await emptyPackage('user');
  await unpack(user, packed);
  yield* await loadEntries(user, packed, [[process.versions.node, process.execPath]]);
  const { resolve } = createRequire(`${root}packages/core/`);
  yield* await bundle(user, ['esbuild'], (name) => import(pathToFileURL(resolve(name)).href));
  const newest = VERSIONS.at(-1);
  yield* await compile(user, packed, [[newest, `${root}node_modules/.bin/tsc`, []]]);
}

async function* whole(packed) {
  if (parts.some((part) => part !== 'first-401')) {
    const user = await emptyPackage('user');
    const compilers = VERSIONS.map((version) => `typescript-${version}@npm:typescript@${version}`);
    const peers = ['@types/express', '@types/koa', '@types/node@20', '@opentelemetry/api'];
    await installWithNpm(user, packed, [...PACKAGES, ...compilers, ...peers]);
    if (parts.includes('entries')) {
      const nodes = RUNTIMES.node.map(async (version) => [
        version,
        await findRuntime('node', version),
      ]);
      yield* await loadEntries(user, packed, await Promise.all(nodes));
    }
    if (parts.includes('bundlers')) {
      // An import is resolved from the file that it stands in.
      await writeFile(`${user}/load.mjs`, 'export const load = (name) => import(name);\n');
      const { load } = await import(pathToFileURL(`${user}/load.mjs`).href);
      yield* await bundle(user, ['esbuild', 'rollup', 'vite', 'webpack'], load);
    }
    if (parts.includes('types')) {
      const programs = VERSIONS.map((version) => {
        const tsc = `${user}/node_modules/typescript-${version}/bin/tsc`;
        return [version, process.execPath, [tsc]];
      });
      yield* await compile(user, packed, programs);
    }
  }
  if (parts.includes('first-401')) {
    await mkdir(`${folder}/first-401`);
    yield* await firstRefusals(`${folder}/first-401`, packed);
  }
}

async function emptyPackage(name) {
  await mkdir(`${folder}/${name}`);
  await writeFile(`${folder}/${name}/package.json`, '{ "private": true }\n');
  return `${folder}/${name}`;
}
