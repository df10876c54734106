/** Runs the worker in workerd, as `wrangler dev` does, with variables for this machine. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';

const { PORT = '3000', ISSUER = 'https://idp.example.com' } = process.env;

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('worker.js', import.meta.url))],
  bundle: true,
  write: false,
  format: 'esm',
  conditions: ['workerd', 'worker', 'browser'],
  external: ['cloudflare:*'],
});

const worker = new Miniflare({
  modules: true,
  script: outputFiles[0]?.text ?? '',
  compatibilityDate: '2026-07-01',
  host: 'localhost',
  port: Number(PORT),
  bindings: { RESOURCE: `http://localhost:${PORT}/mcp`, ISSUER },
});
await worker.ready;
console.log(`http://localhost:${PORT}/mcp`);
process.once('SIGTERM', () => void worker.dispose());
