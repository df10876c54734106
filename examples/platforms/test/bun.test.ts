/** The server in Bun. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CALL, READER, within } from './support.js';

const PROGRAM = fileURLToPath(new URL('../node_modules/.bin/bun', import.meta.url));
const SERVER = fileURLToPath(new URL('../src/bun.ts', import.meta.url));

let child: ChildProcess | undefined;
let ports: { readonly bun: number; readonly node: number } | undefined;
let problem = '';

beforeAll(async () => {
  try {
    if (!existsSync(PROGRAM)) throw new Error('the package bun is not installed');
    ports = await within(start(), 'Bun');
  } catch (error) {
    problem = String(error);
    console.warn(`Bun does not start here, so its tests are skipped: ${problem}`);
  }
});
afterAll(() => void child?.kill());

/** Starts the server, which prints its ports. */
function start(): Promise<{ bun: number; node: number }> {
  const started = spawn(PROGRAM, ['--conditions=@scopegate/source', SERVER]);
  child = started;
  return new Promise((resolve, reject) => {
    let errors = '';
    started.stderr.on('data', (text: Buffer) => void (errors += text.toString()));
    started.stdout.once('data', (line: Buffer) => {
      resolve(JSON.parse(line.toString()) as { bun: number; node: number });
    });
    started.once('error', reject).once('exit', () => reject(new Error(errors)));
  });
}

type Skip = (note: string) => never;

function portsOf(skip: Skip): { readonly bun: number; readonly node: number } {
  return ports ?? skip(`Bun does not start here: ${problem}`);
}

const HEADERS = { Authorization: `Bearer ${READER}`, 'Content-Type': 'application/json' };
const BODY = JSON.stringify(CALL, null, 2);

function post(port: number, target: string, body = BODY, headers = HEADERS): Promise<Response> {
  const init = { method: 'POST', headers: { ...headers, Cookie: 'theme=dark' }, body };
  return within(fetch(`http://localhost:${port}${target}`, init), 'the answer');
}

describe('a WebSocket behind the gate [T143]', () => {
  test.for(['/socket', '/hono/socket'])('%s: the upgrade goes on', async (target, { skip }) => {
    const { bun } = portsOf(skip);
    // Clients of Bun can set headers; Node's own WebSocket cannot.
    const script = `
      const socket = new WebSocket('ws://localhost:${bun}${target}', {
        headers: { Authorization: 'Bearer ${READER}' },
      });
      socket.onopen = () => socket.send('hi');
      socket.onmessage = ({ data }) => (console.log(data), process.exit());
      socket.onerror = () => (console.log('refused'), process.exit());`;
    const client = spawn(PROGRAM, ['-e', script]);
    const said = new Promise<string>((resolve) => {
      client.stdout.once('data', (text: Buffer) => resolve(text.toString().trim()));
    });
    expect(await within(said, 'the message').finally(() => client.kill())).toBe('echo hi');
  });

  test.for(['/socket', '/hono/socket'])('%s: not without a token', async (target, { skip }) => {
    const { bun } = portsOf(skip);
    const answer = await within(fetch(`http://localhost:${bun}${target}`), 'the answer');
    expect(answer.status).toBe(401);
  });
});

describe('a body behind the gate [T142, T143]', () => {
  test('a request of a route keeps its parameters and cookies', async ({ skip }) => {
    const answer = await post(portsOf(skip).bun, '/mcp/7');
    expect(await answer.json()).toEqual({ body: CALL, room: '7', theme: 'dark' });
  });

  test('Hono finds the bytes as they came', async ({ skip }) => {
    expect(await (await post(portsOf(skip).bun, '/hono/mcp')).text()).toBe(BODY);
  });

  test('Express finds them in the stream, too', async ({ skip }) => {
    const answer = await post(portsOf(skip).node, '/mcp');
    expect(await answer.json()).toEqual([BODY, CALL]);
  });

  test.for([['/mcp/7'], ['/hono/mcp'], ['node']])(
    '%s: is what was evaluated',
    async ([target], { skip }) => {
      const { bun, node } = portsOf(skip);
      const body = JSON.stringify({ ...CALL, params: { name: 'add_note', arguments: {} } });
      const answer =
        target === 'node' ? await post(node, '/mcp', body) : await post(bun, target ?? '', body);
      expect(answer.status).toBe(403);
    },
  );

  test.for(['bun', 'node'] as const)('%s: two tokens are refused', async (server, { skip }) => {
    const port = portsOf(skip)[server];
    const target = server === 'bun' ? '/hono/mcp' : '/mcp';
    const headers = { ...HEADERS, Authorization: `Bearer ${READER}, Bearer ${READER}` };
    expect((await post(port, target, BODY, headers)).status).toBe(400);
  });
});
