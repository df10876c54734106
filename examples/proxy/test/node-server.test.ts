/** On Node, through the fetch adapter that the example uses: streams, and clients that go. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { staticTokens } from '@scopegate/core';
import { afterEach, expect, test, vi } from 'vitest';
import { listenLocally } from '../../notes-mcp/src/listen.js';
import { createGuard } from '../src/guard.js';
import { CREDENTIAL } from '../src/upstream.js';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** Opens a stream through the proxy; `res` is its other end. */
async function open(): Promise<{ res: ServerResponse; answer: Response; stop: AbortController }> {
  const opened = createServer();
  const upstream = await listenLocally();
  const front = await listenLocally();
  closing.push(upstream.close, front.close);
  const guard = createGuard({
    ...{ resource: `${front.origin}/mcp`, issuer: 'https://idp.example.com' },
    ...{ upstream: `${upstream.origin}/mcp`, credential: CREDENTIAL, onError: () => undefined },
    verifier: staticTokens({ 'token-of-a-reader': { scopes: ['notes:read'] } }),
  });
  const listener = getRequestListener(guard);
  front.server.on('request', (req, res) => void listener(req, res));
  upstream.server.on('request', (_req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    opened.emit('opened', res);
  });
  const stop = new AbortController();
  const [[res], answer] = await Promise.all([
    once(opened, 'opened') as Promise<[ServerResponse]>,
    fetch(`${front.origin}/mcp`, {
      headers: { authorization: 'Bearer token-of-a-reader' },
      signal: stop.signal,
    }),
  ]);
  return { res, answer, stop };
}

test('each event is seen before the next one is written', async () => {
  const { res, answer } = await open();
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
    res.write(event);
    expect(new TextDecoder().decode((await reader.read()).value)).toBe(event);
  }
  res.end();
  expect((await reader.read()).done).toBe(true);
});

test('a client that goes is seen upstream', async () => {
  const { res, stop } = await open();
  stop.abort();
  await once(res, 'close');
});

test('an upstream that breaks off is no end of the stream', async () => {
  // The adapter prints it, which is right, and no news in a test.
  const print = vi.spyOn(console, 'error').mockReturnValue();
  const { res, answer } = await open();
  res.destroy();
  await expect(answer.text()).rejects.toThrow('terminated');
  print.mockRestore();
});
