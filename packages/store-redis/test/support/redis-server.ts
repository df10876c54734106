/**
 * Real servers on loopback ports, of Redis and, where it is installed, of Valkey.
 *
 * @module
 */
import { execFile, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The servers that are installed. */
export const SERVERS: readonly string[] = ['redis-server', 'valkey-server'].filter(isInstalled);

if (SERVERS.length === 0) {
  console.warn('redis: no redis-server on PATH (apt-get install redis-server): tests are skipped');
}

function isInstalled(command: string): boolean {
  return spawnSync(command, ['--version']).status === 0;
}

export interface TestServer {
  readonly port: number;
  readonly url: string;
  /** Kills the process at once. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with what it wrote to disk. */
  restart(): Promise<void>;
  /** Stops it without closing its connections, and lets it go on. */
  pause(): void;
  resume(): void;
  /** Sends one command through `redis-cli`. */
  cli(...args: string[]): Promise<string>;
  /** Kills it and removes its files. */
  close(): Promise<void>;
}

/** Starts a server. Without `--appendonly yes`, it forgets everything when it is killed. */
export async function startServer(
  command: string,
  options: readonly string[] = [],
  port?: number,
): Promise<TestServer> {
  const chosen = port ?? (await freePort());
  const dir = mkdtempSync(join(tmpdir(), 'scopegate-redis-'));
  const args = [
    '--port',
    `${chosen}`,
    '--bind',
    '127.0.0.1',
    '--dir',
    dir,
    '--save',
    '',
    ...options,
  ];
  let child: ChildProcess;
  const start = async (): Promise<void> => {
    child = spawn(command, args, { stdio: 'ignore' });
    await answering(chosen);
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  };
  await start();
  return {
    port: chosen,
    url: `redis://127.0.0.1:${chosen}`,
    kill,
    restart: start,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    cli: async (...command_) => {
      const { stdout } = await promisify(execFile)('redis-cli', ['-p', `${chosen}`, ...command_]);
      return stdout.trim();
    },
    close: async () => {
      await kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export interface TestCluster {
  readonly nodes: readonly TestServer[];
  readonly close: () => Promise<void>;
}

/** Starts a Cluster of three nodes without replicas. */
export async function startCluster(command: string): Promise<TestCluster> {
  const nodes: TestServer[] = [];
  for (let index = 0; index < 3; index++) {
    // The second port is that of the Cluster's own messages.
    const [port, bus] = [await freePort(), await freePort()];
    const cluster = ['--cluster-enabled', 'yes', '--cluster-port', `${bus}`];
    const persisted = ['--appendonly', 'yes', '--appendfsync', 'always'];
    const options = [...cluster, '--cluster-node-timeout', '1000', ...persisted];
    nodes.push(await startServer(command, options, port));
  }
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  const create = ['--cluster', 'create', ...addresses, '--cluster-yes'];
  await promisify(execFile)('redis-cli', create);
  await eventually(async () => {
    const states = await Promise.all(nodes.map((node) => node.cli('cluster', 'info')));
    return states.every((state) => state.includes('cluster_state:ok'));
  });
  return {
    nodes,
    close: async () => void (await Promise.all(nodes.map((node) => node.close()))),
  };
}

/** Waits until the condition holds. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  milliseconds = 20_000,
): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`did not happen within ${milliseconds} ms`);
    await pause(10);
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until the server answers, and has loaded what it wrote to disk. */
function answering(port: number): Promise<void> {
  return eventually(
    () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
        socket.once('data', (data) => {
          socket.destroy();
          resolve(data.toString().startsWith('+PONG'));
        });
        socket.once('error', () => resolve(false));
      }),
  );
}
