/** The worker in workerd, the runtime of Cloudflare Workers. */
import { build } from 'esbuild';
import type { Miniflare } from 'miniflare';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CALL, READER, within } from './support.js';

const OTHER = `export default { fetch() {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.addEventListener('message', ({ data }) => server.send('other ' + data));
  server.addEventListener('close', () => server.close());
  return new Response(null, { status: 101, webSocket: client });
} }`;

let runtime: Miniflare | undefined;
let problem: unknown;

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [new URL('../src/worker.ts', import.meta.url).pathname],
    ...{ bundle: true, write: false, format: 'esm', conditions: ['@scopegate/source', 'workerd'] },
  });
  try {
    const { Miniflare: Runtime } = await import('miniflare');
    const started = new Runtime({
      workers: [
        {
          ...{ name: 'guarded', modules: true, compatibilityDate: '2026-01-01' },
          script: outputFiles[0]?.text ?? '',
          durableObjects: { ROOMS: 'Rooms' },
          serviceBindings: { OTHER: 'other' },
        },
        { name: 'other', modules: true, compatibilityDate: '2026-01-01', script: OTHER },
      ],
    });
    await within(started.ready, 'workerd');
    runtime = started;
  } catch (error) {
    problem = error;
    console.warn(`workerd does not start here, so its tests are skipped: ${String(error)}`);
  }
});
afterAll(() => runtime?.dispose());

type Answer = Awaited<ReturnType<Miniflare['dispatchFetch']>>;

/** Asks the worker. Where workerd does not start, the test is skipped. */
async function ask(
  skip: (note: string) => never,
  target: string,
  init: { readonly method?: string; readonly headers?: object; readonly body?: string } = {},
): Promise<Answer> {
  if (runtime === undefined) skip(`workerd does not start here: ${String(problem)}`);
  const { method = 'GET', headers = {}, body = null } = init;
  const request = runtime.dispatchFetch(`https://notes.example.com${target}`, {
    ...{ method, headers: headers as Record<string, string>, body, redirect: 'manual' },
  });
  return within(request, 'the answer');
}

const UPGRADE = { Authorization: `Bearer ${READER}`, Upgrade: 'websocket' };
const JSON_CALL = { Authorization: `Bearer ${READER}`, 'Content-Type': 'application/json' };

describe('a WebSocket behind the gate [T143]', () => {
  const rows = [
    ['/room', 'echo'],
    ['/other', 'other'],
    ['/hono/room', 'echo'],
    ['/hono/other', 'other'],
  ] as const;

  test.for(rows)('%s: the 101 keeps its socket', async ([target, says], { skip }) => {
    const answer = await ask(skip, target, { headers: UPGRADE });
    expect(answer.status).toBe(101);
    const { webSocket } = answer;
    if (webSocket === null) throw new Error('the answer has no socket');
    webSocket.accept();
    const message = new Promise((resolve) => {
      webSocket.addEventListener('message', ({ data }) => resolve(data));
    });
    webSocket.send('hi');
    expect(await within(message, 'the message')).toBe(`${says} hi`);
    webSocket.close();
  });

  test.for(rows)('%s: not without a token', async ([target], { skip }) => {
    const answer = await ask(skip, target, { headers: { Upgrade: 'websocket' } });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer scope="notes:read"/);
  });
});

describe('a body behind the gate [T142, T143]', () => {
  test.for(['/mcp', '/hono/mcp'])('%s: goes on to a Durable Object', async (target, { skip }) => {
    const body = JSON.stringify(CALL, null, 2);
    const answer = await ask(skip, target, { method: 'POST', headers: JSON_CALL, body });
    expect([answer.status, await answer.text()]).toEqual([200, body]);
    if (target === '/mcp') expect(answer.headers.get('x-has-cf')).toBe('true');
  });

  test.for(['/mcp', '/hono/mcp'])('%s: is what was evaluated', async (target, { skip }) => {
    const body = JSON.stringify({ ...CALL, params: { name: 'add_note', arguments: {} } });
    const answer = await ask(skip, target, { method: 'POST', headers: JSON_CALL, body });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('www-authenticate')).toContain('insufficient_scope');
  });
});

test('an error response stays one [T143]', async ({ skip }) => {
  const guarded = ask(skip, '/error', { headers: { Authorization: `Bearer ${READER}` } });
  // The platform ends the request: it is not an answer of the gate.
  const status = await guarded.then(
    (answer) => answer.status,
    () => 'failed',
  );
  expect(status).not.toBe(200);
});
