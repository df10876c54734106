/** The quick start of README.md starts as it stands, and refuses as the page shows. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocksOf, root } from './support.js';

/** What the page leaves to its reader. */
const NOTES = `
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
export const mcp = createMcpHandler(() => new McpServer({ name: 'notes', version: '1.0.0' }));
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(fileURLToPath(new URL('.readme-', import.meta.url)));
});
afterAll(() => rm(folder, { recursive: true }));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts the block at a port that is free; everything else is as it stands. */
async function start(code: string, port: number) {
  await writeFile(`${folder}/notes.ts`, NOTES);
  await writeFile(`${folder}/server.ts`, code.replaceAll('3000', String(port)));
  const homes = readdirSync(`${root}packages`).map(
    (name) => `${root}packages/${name}/node_modules`,
  );
  await build({
    ...{ entryPoints: [`${folder}/server.ts`], outfile: `${folder}/server.mjs`, bundle: true },
    ...{ format: 'esm', platform: 'node', conditions: ['@scopegate/source'] },
    nodePaths: homes.filter((path) => existsSync(path)),
    alias: { '@scopegate/express': `${root}packages/adapter-express/src/index.ts` },
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
    },
  });
  return spawn(process.execPath, [`${folder}/server.mjs`], { stdio: 'inherit' });
}

async function callUntilItListens(url: string): Promise<Response> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await fetch(url, { method: 'POST' });
    } catch (error) {
      if (attempt === 200) throw error;
      await new Promise((resolve) => {
        setTimeout(resolve, 50);
      });
    }
  }
}

test('the quick start is answered as it is shown', async () => {
  const blocks = blocksOf(readFileSync(`${root}README.md`, 'utf8'));
  const code = blocks.find(({ language }) => language === 'ts')?.code ?? '';
  const shown = blocks.find(({ code: text }) => text.startsWith('$ curl'))?.code ?? '';
  // Without imports and blank lines.
  const lines = code.split('\n').filter((line) => line !== '' && !line.startsWith('import '));
  expect(lines.length).toBeLessThanOrEqual(15);
  const port = await freePort();
  const server = await start(code, port);
  try {
    const response = await callUntilItListens(`http://localhost:${port}/mcp`);
    const challenge = response.headers.get('www-authenticate')?.replaceAll(String(port), '3000');
    expect(`HTTP/1.1 ${response.status} Unauthorized\nWWW-Authenticate: ${challenge}\n`).toBe(
      shown.slice(shown.indexOf('\n') + 1),
    );
    const metadata = await fetch(
      `http://localhost:${port}/.well-known/oauth-protected-resource/mcp`,
    );
    expect(await metadata.json()).toMatchObject({ resource: `http://localhost:${port}/mcp` });
  } finally {
    server.kill();
    await once(server, 'exit');
  }
});
