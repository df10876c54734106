/**
 * Whether a caller can influence the running request of another at servers without sessions, and what a gate
 * cannot see there.
 */
import { toNodeHandler } from '@modelcontextprotocol/node';
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { HOSTS } from '../../mcp/support/hosts.js';
import type { McpApp, McpHost } from '../../mcp/support/host.js';
import { ADMIN, ATTACKERS } from './attackers.js';
import { NOT_FOUND, ownGate } from './support.js';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const MODERN = '2026-07-28';
const META = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientInfo': { name: 'x', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

interface Message {
  readonly method: string;
  readonly params?: object;
  readonly id?: number;
}

/** Sends a message as a client of 2026-07-28 does, or as one of 2025-11-25. */
async function post(
  origin: string,
  { token, version, message }: { token: string; version: string; message: Message },
  signal?: AbortSignal,
): Promise<Response> {
  const { method, id } = message;
  const params = message.params as { name?: string; _meta?: object } | undefined;
  const isModern = version === MODERN;
  const body = isModern
    ? { ...message, params: { ...params, _meta: { ...params?._meta, ...META } } }
    : message;
  return fetch(`${origin}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-protocol-version': version,
      ...(isModern && { 'mcp-method': method }),
      ...(isModern && params?.name !== undefined && { 'mcp-name': params.name }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', ...(id !== undefined && { id }), ...body }),
    ...(signal && { signal }),
  });
}

interface Call {
  isAborted: boolean;
  release(): void;
}

/** `read_notes` waits until it is released, and `add_note` does not; both tell their progress. */
function waitingApp(): { app: Pick<McpApp, 'node' | 'fetch'>; calls: Call[]; notify: () => void } {
  const calls: Call[] = [];
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'notes', version: '1.0.0' });
    const done = { content: [{ type: 'text' as const, text: 'own notes' }] };
    for (const name of ['read_notes', 'add_note']) {
      server.registerTool(name, {}, async ({ mcpReq }) => {
        const progressToken = mcpReq._meta?.progressToken;
        if (progressToken !== undefined) {
          const params = { progressToken, progress: 1, message: name };
          await mcpReq.notify({ method: 'notifications/progress', params });
        }
        if (name === 'add_note') return done;
        const call: Call = { isAborted: false, release: () => undefined };
        const released = new Promise<void>((resolve) => (call.release = resolve));
        mcpReq.signal.addEventListener('abort', () => (call.isAborted = true));
        calls.push(call);
        await released;
        return done;
      });
    }
    return server;
  });
  closers.push(() => handler.close());
  return {
    app: { node: toNodeHandler(handler) as never, fetch: handler.fetch as never },
    calls,
    notify: () => handler.notify.toolsChanged(),
  };
}

const gate = ownGate();
const BOB = ATTACKERS['another user of the client'];
const call = (name: string): Message => ({
  ...{ method: 'tools/call', id: 7 },
  params: { name, arguments: {}, _meta: { progressToken: 7 } },
});
const ATTEMPTS: readonly Message[] = [
  { method: 'notifications/cancelled', params: { requestId: 7 } },
  { method: 'notifications/cancelled', params: { requestId: '7' } },
  { method: 'notifications/progress', params: { progressToken: 7, progress: 99 } },
  { method: 'notifications/roots/list_changed' },
  call('add_note'),
];

describe.each(HOSTS)('$name', (host: McpHost) => {
  test.each([MODERN, '2025-11-25'])(
    "createMcpHandler, %s: a call is its caller's alone, also with the ids of another",
    async (version) => {
      const { app, calls } = waitingApp();
      const { origin, close } = await host.start(gate, app);
      closers.push(close);
      const running = post(origin, { token: ADMIN, version, message: call('read_notes') });
      await vi.waitFor(() => expect(calls).toHaveLength(1));
      const statuses = new Set<string>();
      for (const token of Object.values(ATTACKERS)) {
        for (const other of [MODERN, '2025-11-25']) {
          for (const message of ATTEMPTS) {
            const response = await post(origin, { token, version: other, message });
            await response.text();
            if (token === BOB) statuses.add(`${message.method} ${response.status}`);
          }
        }
      }
      // They reached the server.
      expect(statuses).toEqual(
        new Set(ATTEMPTS.map(({ method, id }) => `${method} ${id === undefined ? 202 : 200}`)),
      );
      // One who leaves in the middle of a call with the same id ends that call alone.
      const leaving = new AbortController();
      const left = post(
        origin,
        { token: BOB, version, message: call('read_notes') },
        leaving.signal,
      );
      await vi.waitFor(() => expect(calls).toHaveLength(2));
      leaving.abort();
      await left.then((response) => response.text()).catch(() => undefined);
      await vi.waitFor(() => expect(calls[1]?.isAborted).toBe(true));
      expect(calls[0]?.isAborted).toBe(false);
      for (const one of calls) one.release();
      const text = await (await running).text();
      expect(text).toContain('own notes');
      expect(text).not.toContain('add_note');
      expect(text.match(/notifications\/progress/g) ?? []).toHaveLength(1);
    },
  );
});

test('a subscription with the id of another takes nothing from it, and ends alone', async () => {
  const { app, notify } = waitingApp();
  const [host] = HOSTS;
  const { origin, close } = await (host as McpHost).start(gate, app);
  closers.push(close);
  const message = {
    ...{ method: 'subscriptions/listen', id: 7 },
    params: { notifications: { toolsListChanged: true } },
  };
  const open = async (token: string) => {
    const stop = new AbortController();
    closers.push(async () => stop.abort());
    const response = await post(origin, { token, version: MODERN, message }, stop.signal);
    expect(response.status).toBe(200);
    const seen = { text: '', isOpen: true, stop: () => stop.abort() };
    const read = async (): Promise<void> => {
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? [])
        seen.text += decoder.decode(chunk as Uint8Array);
    };
    void read()
      .catch(() => undefined)
      .then(() => (seen.isOpen = false));
    return seen;
  };
  const own = await open(ADMIN);
  const others = [await open(BOB), await open(BOB)];
  const cancel = { method: 'notifications/cancelled', params: { requestId: 7 } };
  for (const version of [MODERN, '2025-11-25']) {
    await (await post(origin, { token: BOB, version, message: cancel })).text();
  }
  for (const other of others) other.stop();
  await vi.waitFor(() => expect(others.some(({ isOpen }) => isOpen)).toBe(false));
  notify();
  await vi.waitFor(() => expect(own.text).toContain('notifications/tools/list_changed'));
  expect(own.isOpen).toBe(true);
});

describe('a server that keeps the requests of all callers in one table', () => {
  /** Reads whatever has a result as a response, and finds requests by their id alone. */
  function tableApp(): {
    app: Pick<McpApp, 'node' | 'fetch'>;
    cancelled: unknown[];
    answered: unknown[];
  } {
    const cancelled: unknown[] = [];
    const answered: unknown[] = [];
    const app = {
      node: () => Promise.reject(new Error('unused')),
      async fetch(_request: Request, { parsedBody }: { parsedBody?: unknown }): Promise<Response> {
        const body = parsedBody as {
          id?: unknown;
          result?: unknown;
          method?: string;
          params?: { requestId: unknown };
        };
        if ('result' in body) answered.push(body.id);
        else if (body.method === 'notifications/cancelled') cancelled.push(body.params?.requestId);
        return new Response(null, { status: 202 });
      },
    };
    return { app, cancelled, answered };
  }
  const fetchHost = HOSTS.find(({ name }) => name === 'gate.fetch') as McpHost;

  test('gets no answer of another, also in a message with a method [HO-12, T154]', async () => {
    const { app, answered } = tableApp();
    const { origin, close } = await fetchHost.start(gate, app);
    closers.push(close);
    const result = { action: 'accept' };
    for (const message of [
      { id: 7, result },
      { method: 'ping', id: 7, result },
    ]) {
      const response = await post(origin, {
        token: BOB,
        version: '2025-11-25',
        message: message as never,
      });
      expect([response.status, await response.text()]).toEqual([NOT_FOUND.status, NOT_FOUND.body]);
    }
    expect(answered).toEqual([]);
  });

  // A notification names no session at servers without sessions, and the ids of requests are the clients' own:
  // only the server knows whose request an id names.
  test('is sent the cancellation of another: it must look up requests by caller, too', async () => {
    const { app, cancelled } = tableApp();
    const { origin, close } = await fetchHost.start(gate, app);
    closers.push(close);
    const [message] = ATTEMPTS as [Message];
    const response = await post(origin, { token: BOB, version: '2025-11-25', message });
    expect(response.status).toBe(202);
    expect(cancelled).toEqual([7]);
  });
});
