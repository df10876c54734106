/**
 * Starts an example as its package.json does, on a free port, with a local issuer.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

export interface Running {
  /** The first line that it printed: the URL of what is guarded. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Starts `name` and waits for the URL that it prints. `programs` says where `deno` or `bun` is. */
export async function startExample(
  name: string,
  env: Readonly<Record<string, string>>,
  programs: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const folder = fileURLToPath(new URL(`../${name}/`, import.meta.url));
  const manifest = JSON.parse(await readFile(`${folder}package.json`, 'utf8')) as {
    readonly scripts: { readonly start: string };
  };
  const [program = '', ...args] = manifest.scripts.start.split(' ');
  const path = program === 'node' ? process.execPath : programs[program];
  if (path === undefined) throw new Error(`${name}: no program ${program}`);
  const child = spawn(path, args, { cwd: folder, env: { ...process.env, ...env } });
  let printed = '';
  const url = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      printed += chunk.toString();
      const found = /^http:\/\/localhost:\d+\/\S+$/m.exec(printed)?.[0];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', () => reject(new Error(`${name} ended:\n${printed}`)));
    child.once('error', reject);
  });
  return {
    url: await url,
    async stop() {
      const gone = once(child, 'exit');
      child.kill();
      await gone;
    },
  };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
