/**
 * nginx, Caddy and HAProxy as processes, with the configurations of docs/forward-auth.md on free ports.
 *
 * @module
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ForwardingProxy } from '../src/index.js';

export type InstalledProxy = Extract<ForwardingProxy, 'nginx' | 'caddy' | 'haproxy'>;

/** The servers beside the proxy, by their ports. */
export interface Ports {
  readonly authorizer: number;
  readonly upstream: number;
}

export interface ReverseProxy {
  readonly url: string;
  close(): Promise<void>;
}

interface Program {
  /** Writes the files of the configuration into a folder, and returns the arguments. */
  readonly prepare: (folder: string, configuration: string) => Promise<readonly string[]>;
  /** The language of the block on the page. */
  readonly block: string;
  readonly version: string;
}

const PROGRAMS: Readonly<Record<InstalledProxy, Program>> = {
  nginx: {
    ...{ block: 'nginx', version: '-v' },
    prepare: async (folder, configuration) => {
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (name) => `${name}_temp_path ${folder}/${name};`,
      );
      const file = join(folder, 'nginx.conf');
      const http = `access_log off; ${temporary.join(' ')}\n${configuration}`;
      writeFileSync(
        file,
        `daemon off; master_process off; pid ${folder}/pid; events {} http { ${http} }`,
      );
      return ['-p', folder, '-c', file, '-e', join(folder, 'error.log')];
    },
  },
  caddy: {
    ...{ block: 'caddyfile', version: 'version' },
    prepare: async (folder, configuration) => {
      const file = join(folder, 'Caddyfile');
      writeFileSync(file, `{\n\tadmin off\n\tauto_https off\n}\n${configuration}`);
      return ['run', '--config', file, '--adapter', 'caddyfile'];
    },
  },
  haproxy: {
    ...{ block: 'haproxy', version: '-v' },
    prepare: async (folder, configuration) => {
      const script = join(folder, 'authorize.lua');
      writeFileSync(script, await blockOf('lua'));
      const file = join(folder, 'haproxy.cfg');
      writeFileSync(file, configuration.replace('/etc/haproxy/authorize.lua', script));
      return ['-db', '-f', file];
    },
  },
};

const PAGE = fileURLToPath(new URL('../../../docs/forward-auth.md', import.meta.url));

async function blockOf(language: string): Promise<string> {
  const page = await readFile(PAGE, 'utf8');
  const [, block] = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(page) ?? [];
  if (block === undefined) throw new Error(`docs/forward-auth.md has no block of ${language}`);
  return block;
}

/** Debian keeps servers where only root's PATH looks. */
const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };

export function isInstalled(name: InstalledProxy): boolean {
  const { version } = PROGRAMS[name];
  return spawnSync(name, [version], { env, stdio: 'ignore' }).error === undefined;
}

/** Starts the program with the configuration on the page. */
export async function startReverseProxy(name: InstalledProxy, ports: Ports): Promise<ReverseProxy> {
  const configuration = (await blockOf(PROGRAMS[name].block))
    .replaceAll('127.0.0.1:9000', `127.0.0.1:${ports.authorizer}`)
    .replaceAll('127.0.0.1:8000', `127.0.0.1:${ports.upstream}`);
  return startProgram(name, configuration);
}

/**
 * Starts the program with a configuration that listens on `127.0.0.1:8080`, which becomes a free port, and waits
 * until it listens.
 */
export async function startProgram(
  name: InstalledProxy,
  configured: string,
): Promise<ReverseProxy> {
  const port = await freePort();
  const configuration = configured.replaceAll('127.0.0.1:8080', `127.0.0.1:${port}`);
  const { prepare } = PROGRAMS[name];
  const folder = mkdtempSync(join(tmpdir(), `scopegate-${name}-`));
  const child = spawn(name, await prepare(folder, configuration), {
    env: { ...env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  }
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const close = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let waited = 0; !(await listens(port)); waited += 50) {
    if (child.exitCode !== null || waited > 20_000) {
      await close();
      throw new Error(`${name} does not listen: ${printed}`);
    }
    await setTimeout(50);
  }
  return { url: `http://127.0.0.1:${port}`, close };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
}
