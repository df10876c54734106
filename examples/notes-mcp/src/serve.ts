/**
 * `--serve`: both servers, and three calls to try by hand. Only here somebody needs tokens; they go
 * into files that nobody else can read, never to the screen.
 *
 * @module
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createScreen } from './screen.js';
import type { Print } from './screen.js';
import { signIn } from './sign-in.js';
import { LEGACY } from './wires.js';
import { startEnvironment } from './environment.js';
import type { Environment, EnvironmentOptions } from './environment.js';

export interface ServeOptions extends EnvironmentOptions {
  /** Called when all servers listen. They are closed when its promise resolves. */
  readonly untilStopped: () => Promise<void>;
}

export async function serve(options: ServeOptions, print: Print): Promise<void> {
  const environment = await startEnvironment(options);
  try {
    const folder = await mkdtemp(join(tmpdir(), 'notes-mcp-'));
    try {
      const curls = await prepareCalls(environment, folder);
      const screen = createScreen(print);
      screen.line('Scopegate: a guarded MCP server and its login server.');
      screen.cast(environment);
      screen.line();
      screen.line('Try it by hand: add_note, which needs notes:write.');
      for (const { title, command } of curls) {
        screen.step(title);
        screen.line(command);
      }
      screen.line();
      screen.line('The tokens are in these files and good for an hour.');
      screen.line('Ctrl-C stops the servers and removes the files.');
      await options.untilStopped();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  } finally {
    await environment.close();
  }
}

interface Curl {
  readonly title: string;
  readonly command: string;
}

async function prepareCalls(environment: Environment, folder: string): Promise<readonly Curl[]> {
  const { headers, body } = LEGACY.request('add_note', { text: 'By hand' });
  const reader = await signIn(environment, 'notes:read');
  const writer = await signIn(environment, 'notes:read notes:write');

  const call = await writePrivately(folder, 'add_note.json', body);
  const write = (name: string, token?: string): Promise<string> => {
    const all = { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
    const lines = Object.entries(all).map(([field, value]) => `${field}: ${value}\n`);
    return writePrivately(folder, name, lines.join(''));
  };
  const curl = (file: string): string =>
    `curl -i -H ${quote(`@${file}`)} -d ${quote(`@${call}`)} ${environment.resource}`;

  return [
    { title: 'No token: 401.', command: curl(await write('nobody')) },
    {
      title: `A token with ${reader.scope}: 403, and the note is not added.`,
      command: curl(await write('reader', reader.accessToken)),
    },
    {
      title: `A token with ${writer.scope}: 200.`,
      command: curl(await write('writer', writer.accessToken)),
    },
  ];
}

async function writePrivately(folder: string, name: string, content: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, content, { mode: 0o600, flag: 'wx' });
  return file;
}

/** For a POSIX shell, and only where it is needed. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
