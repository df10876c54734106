/** Answers that a refusal must not replace, and streams that must not be delayed. */
import { describe, expect, test } from 'vitest';
import { authenticated } from '../../src/index.js';
import { guardTool } from '../../src/mcp/index.js';
import { callTool, notesGate } from '../support/mcp.js';
import { APPS } from './support/apps.js';
import type { Tools } from './support/apps.js';
import { messageOf, open } from './support/call.js';
import type { McpHost } from './support/host.js';
import { HOSTS } from './support/hosts.js';

const gate = notesGate({ tools: {}, otherTools: authenticated() }, { cors: true });
const DONE = { content: [{ type: 'text' as const, text: 'done' }] };

/** A tool that waits until its caller is gone. */
let started: () => void = () => undefined;
let ended: (value: string) => void = () => undefined;
const waits = async (_args: unknown, context: unknown): Promise<typeof DONE> => {
  const { mcpReq, signal = mcpReq?.signal } = context as {
    mcpReq?: { signal: AbortSignal };
    signal?: AbortSignal;
  };
  started();
  await new Promise((resolve) => signal?.addEventListener('abort', resolve));
  ended('seen');
  return DONE;
};

const tools: Tools = {
  add: guardTool(gate, 'notes:write', async () => DONE),
  read: guardTool(gate, 'notes:read', async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return DONE;
  }),
  waits: guardTool(gate, authenticated(), waits),
};

const byName = (name: string): (typeof APPS)[number] => {
  const app = APPS.find((make) => make(tools).name === name);
  if (app === undefined) throw new Error(`no app ${name}`);
  return app;
};

const hosts = HOSTS.map((host) => [host.name, host] as const);

async function post(host: McpHost, app: string, body: object): Promise<Response> {
  const { origin, close } = await host.start(gate, byName(app)(tools), authenticated());
  const response = await fetch(`${origin}/mcp`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: 'Bearer notes.read',
      origin: 'https://app.example.com',
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  await close();
  return new Response(text, response);
}

describe.each(hosts)('%s', (_name, host) => {
  // Where only a rule of the route was evaluated, a body may hold several calls.
  test.each(['v1 stateless, JSON', 'v1 stateless'])(
    '%s: in a batch, what ran is answered',
    async (app) => {
      const batch = [
        { ...callTool('add', { text: 'x' }), id: 1 },
        { ...callTool('read', { text: 'x' }), id: 2 },
      ];
      for (const body of [batch, batch.toReversed()]) {
        const response = await post(host, app, body);
        expect(response.status).toBe(200);
        const text = await response.text();
        expect(text).toContain('"id":1');
        expect(text).toContain('This tool needs notes:write');
        expect(text).toMatch(/"done".*"id":2|"id":2.*"done"/);
      }
    },
  );

  test('behind a rule of the route: one document is replaced, a stream is not [C403-1]', async () => {
    const call = callTool('add', { text: 'x' });
    const json = await post(host, 'v1 stateless, JSON', call);
    expect(json.status).toBe(403);
    expect(json.headers.get('www-authenticate')).toContain('scope="notes:write notes:read"');
    expect(await json.json()).toMatchObject({ id: 1, error: { code: 403 } });
    // Else a browser's client could not read it.
    expect(json.headers.get('access-control-allow-origin')).toBe('*');
    expect(json.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate');
    const stream = await post(host, 'v1 stateless', call);
    expect(stream.status).toBe(200);
    expect(messageOf(await stream.text())).toMatchObject({ id: 1, result: { isError: true } });
  });

  test.each(['2025-11-25', '2026-07-28'] as const)(
    '%s: a tool sees its client go while nothing is answered yet',
    async (wire) => {
      const app = byName('v2 createMcpHandler')(tools);
      const { begin, close } = await open(host, gate, app, wire);
      const running = new Promise<void>((resolve) => {
        started = resolve;
      });
      const seen = new Promise<string>((resolve) => {
        ended = resolve;
      });
      const client = new AbortController();
      const answer = begin('waits', 'notes.read', client.signal).catch(() => undefined);
      await running;
      client.abort();
      expect(await seen).toBe('seen');
      await answer;
      await close();
    },
  );
});

// Fastify writes the head of a `Response` with its first bytes, whatever stands in front.
const flushing = hosts.filter(([name]) => name !== 'Fastify, sending a Response');

test.each(flushing)('%s: the stream of a session opens at once', async (_name, host) => {
  const app = byName('v1 with sessions')(tools);
  const { listen, close } = await open(host, gate, app, '2025-11-25');
  const stop = new AbortController();
  const stream = await listen('notes.read', stop.signal);
  expect(stream.status).toBe(200);
  expect(stream.headers.get('content-type')).toBe('text/event-stream');
  stop.abort();
  await close();
});
