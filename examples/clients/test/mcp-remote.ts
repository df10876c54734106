/**
 * `mcp-remote`, the proxy between clients that know stdio only and servers with OAuth: a program of
 * its own, with a home directory of its own, whose user reads its terminal.
 *
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { onTestFinished } from 'vitest';
import type { User } from './support.js';

const PROXY = fileURLToPath(import.meta.resolve('mcp-remote/dist/proxy.js'));

export async function connectMcpRemote(resource: string, { openBrowser }: User): Promise<Client> {
  const home = await mkdtemp(join(tmpdir(), 'mcp-remote-'));
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [PROXY, resource, '--allow-http', '--transport', 'http-only'],
    // Nothing is in PATH: it finds no browser, and prints where the user has to go.
    env: { HOME: home, MCP_REMOTE_CONFIG_DIR: home, PATH: home },
    stderr: 'pipe',
  });
  const client = new Client({ name: 'example', version: '1.0.0' });
  onTestFinished(async () => {
    await client.close();
    await rm(home, { recursive: true });
  });

  let redirect: URL | undefined;
  const comeBack = async (): Promise<void> => {
    if (redirect === undefined) return;
    // In a step-up it listens only after it has printed the URL, so this is tried again at the next line.
    const response = await fetch(redirect).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok === true) redirect = undefined;
  };
  let user = Promise.resolve();
  createInterface({ input: transport.stderr as Readable }).on('line', (line) => {
    if (line.startsWith('http')) {
      user = user.then(async () => void (redirect = await openBrowser(new URL(line))));
    }
    user = user.then(comeBack);
  });
  await client.connect(transport);
  return client;
}
