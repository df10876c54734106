#!/usr/bin/env node
/**
 * Runs the fuzzer from source, as the tests run: no build is needed, and none can be stale.
 *
 *   npm run fuzz -- --help
 */
import { fileURLToPath } from 'node:url';
import { createServer, createServerModuleRunner } from 'vite';

const server = await createServer({
  root: fileURLToPath(new URL('.', import.meta.url)),
  configFile: false,
  appType: 'custom',
  logLevel: 'error',
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true },
  ssr: {
    resolve: { conditions: ['@scopegate/source', 'module', 'node', 'development|production'] },
  },
});
const runner = createServerModuleRunner(server.environments.ssr, { hmr: false });
const { main } = await runner.import('/src/main.ts');
process.exitCode = await main(process.argv.slice(2), fileURLToPath(import.meta.url));
await runner.close();
await server.close();
