/** Bundles a program with each bundler, and runs what comes out, alone in a folder. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { row } from './entries.mjs';

const PROGRAM = `
import { createGate, defineScopes } from '@scopegate/core';
import { jwtVerifier } from '@scopegate/core/jwt';
import { mcpPolicy } from '@scopegate/core/mcp';

const scopes = defineScopes({ 'notes:read': { description: 'Read notes' } });
const gate = createGate({
  resource: 'https://notes.example.com/mcp',
  authorizationServers: ['https://idp.example.com'],
  verifier: jwtVerifier({ issuer: 'https://idp.example.com' }),
  scopes,
  policy: mcpPolicy(scopes, { tools: { read_notes: 'notes:read' } }),
});
gate.fetch(() => new Response('allowed'))(new Request('https://notes.example.com/mcp')).then((response) => {
  console.log(response.status, response.headers.get('www-authenticate'));
});
`;

/** What the bundlers of the full form are installed as. */
export const PACKAGES = [
  'esbuild@0.28.2',
  'rollup@4',
  '@rollup/plugin-node-resolve@16',
  'vite@8.3.8',
  'webpack@5',
];

/** Each takes the entry, writes the file, and is loaded from where `load` finds it. */
const BUNDLERS = {
  async esbuild(load, entry, file) {
    const { build } = await load('esbuild');
    await build({
      entryPoints: [entry],
      outfile: file,
      ...{ bundle: true, minify: true, format: 'esm', logLevel: 'error' },
    });
  },
  async rollup(load, entry, file) {
    const { rollup } = await load('rollup');
    const { nodeResolve } = await load('@rollup/plugin-node-resolve');
    const made = await rollup({ input: entry, plugins: [nodeResolve()], onwarn: refuseWarning });
    await made.write({ file, format: 'esm' });
    await made.close();
  },
  async vite(load, entry, file) {
    const { build } = await load('vite');
    const lib = { entry, formats: ['es'], fileName: () => 'vite.mjs' };
    const outDir = file.replace(/\/[^/]*$/, '');
    await build({
      ...{ configFile: false, logLevel: 'error', root: outDir },
      build: { lib, outDir, emptyOutDir: false, copyPublicDir: false },
    });
  },
  async webpack(load, entry, file) {
    const { default: webpack } = await load('webpack');
    const [path, filename] = [file.replace(/\/[^/]*$/, ''), 'webpack.mjs'];
    const stats = await new Promise((resolve, reject) => {
      const settings = {
        ...{ mode: 'production', target: 'webworker', entry },
        ...{ output: { path, filename, module: true }, experiments: { outputModule: true } },
      };
      webpack(settings, (error, done) => (error ? reject(error) : resolve(done)));
    });
    if (stats.hasErrors() || stats.hasWarnings())
      throw new Error(stats.toString('errors-warnings'));
  },
};

function refuseWarning({ message }) {
  throw new Error(message);
}

/** Returns a row for each of `names`; `load` imports a bundler. */
export async function bundle(folder, names, load) {
  const entry = `${folder}/bundle-me.mjs`;
  await writeFile(entry, PROGRAM);
  await mkdir(`${folder}/bundles`, { recursive: true });
  const rows = [];
  for (const name of names) {
    const file = `${folder}/bundles/${name}.mjs`;
    const started = performance.now();
    try {
      await BUNDLERS[name](load, entry, file);
      const result = await row(`bundle, ${name}`, process.execPath, [file], '/');
      const { size } = await stat(file);
      const seconds = (performance.now() - started) / 1000;
      rows.push({ ...result, detail: `${(size / 1000).toFixed(1)} kB`, seconds });
    } catch (error) {
      const seconds = (performance.now() - started) / 1000;
      rows.push({ name: `bundle, ${name}`, problem: error.message, seconds });
    }
  }
  return rows;
}
