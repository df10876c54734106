/** Answers that stream when access ends, on every framework. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Auth, Gate, GateOptions, Revocations, Verifier } from '../../../src/index.js';
import { memoryRevocations } from '../../../src/token/revocations/index.js';
import { notesMcp } from '../../../../adapter-express/test/support/notes-mcp.js';
import { HOSTS } from '../../mcp/support/hosts.js';
import type { McpApp } from '../../mcp/support/host.js';
import type { NotesScope } from '../../support/mcp.js';
import { INITIALIZE } from '../../support/handed.js';
import { sessionApps } from './session-apps.js';
import { ANN, BOB, callersAsTokens, ownGate } from './support.js';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface StreamingGate {
  readonly gate: Gate<NotesScope>;
  readonly revocations: Revocations;
  /** Moves the clock of the gate on. */
  readonly advance: (seconds: number) => void;
}

function expiring(expiresAt: number): Verifier {
  return (token, context) => {
    const verified = callersAsTokens(token, context) as object | undefined;
    return verified && { scopes: [], ...verified, expiresAt };
  };
}

/** Tokens expire in 60 seconds, and half a minute of tolerance is added to that. */
function streamingGate(): StreamingGate {
  let offset = 0;
  const expiresAt = Math.floor(Date.now() / 1000) + 60;
  const revocations = memoryRevocations();
  const options: Partial<GateOptions<NotesScope>> = {
    clock: () => Date.now() + offset,
    verifier: expiring(expiresAt),
    revocations,
    streams: 'end-with-access',
  };
  const gate = ownGate({ gate: options });
  return { gate, revocations, advance: (seconds) => void (offset += seconds * 1000) };
}

/** A server whose answer to a GET never ends, and which writes on after its end. */
function endless(type = 'text/event-stream'): Pick<McpApp, 'node' | 'fetch'> & { auth?: Auth } {
  return {
    async node(_req, res) {
      res.writeHead(200, { 'content-type': type });
      const timer = setInterval(() => res.write('data: x\n\n'), 20);
      setTimeout(() => clearInterval(timer), 4000).unref();
    },
    async fetch() {
      let timer: ReturnType<typeof setInterval> | undefined;
      const body = new ReadableStream({
        start(controller) {
          timer = setInterval(
            () => controller.enqueue(new TextEncoder().encode('data: x\n\n')),
            20,
          );
        },
        cancel: () => clearInterval(timer),
      });
      return new Response(body, { headers: { 'content-type': type } });
    },
  };
}

interface Opened {
  /** Resolves with the milliseconds since `mark`, when the answer ends. */
  readonly ended: Promise<number>;
  mark(): void;
  isOpen(): boolean;
}

async function open(
  url: string,
  token: string,
  headers: Record<string, string> = {},
): Promise<Opened> {
  const stop = new AbortController();
  closers.push(async () => stop.abort());
  const response = await fetch(url, {
    signal: stop.signal,
    headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream', ...headers },
  });
  expect(response.status).toBe(200);
  let marked = Date.now();
  let isOpen = true;
  const read = async (): Promise<number> => {
    try {
      for await (const chunk of response.body ?? []) expect(chunk).toBeDefined();
    } catch {
      // The connection was closed.
    }
    isOpen = false;
    return Date.now() - marked;
  };
  return {
    ended: read(),
    mark() {
      marked = Date.now();
    },
    isOpen: () => isOpen,
  };
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.each(HOSTS)('$name', (host) => {
  test('an answer ends with the token, and the next request is a 401 [T162]', async () => {
    const { gate, advance } = streamingGate();
    const { origin, close } = await host.start(gate, endless());
    closers.push(close);
    const stream = await open(`${origin}/mcp`, ANN);
    advance(85);
    await wait(600);
    expect(stream.isOpen()).toBe(true);
    stream.mark();
    advance(10);
    expect(await stream.ended).toBeLessThan(1000);
    const again = await fetch(`${origin}/mcp`, { headers: { authorization: `Bearer ${ANN}` } });
    expect(again.status).toBe(401);
  });

  test('an answer ends with the revocation, and those of others go on [T162]', async () => {
    const { gate, revocations } = streamingGate();
    const { origin, close } = await host.start(gate, endless());
    closers.push(close);
    const [ann, bob] = await Promise.all([ANN, BOB].map((token) => open(`${origin}/mcp`, token)));
    const decision = await gate.check(
      new Request(gate.resource, { headers: { authorization: `Bearer ${ANN}` } }),
    );
    const { bindingKey } = (decision as { auth: Auth }).auth;
    ann?.mark();
    await revocations.revoke({ ...(bindingKey && { bindingKey }) }, { until: 1e10 });
    expect(await ann?.ended).toBeLessThan(1000);
    await wait(300);
    expect(bob?.isOpen()).toBe(true);
  });
});

describe.each(['SDK v1', 'SDK v2'].map((name, index) => ({ name, index })))(
  '$name',
  ({ index }) => {
    test.each(HOSTS.slice(0, 2))('the stream of a session ends: $name [T162]', async (host) => {
      const { gate, advance } = streamingGate();
      const { origin, close } = await host.start(gate, sessionApps(gate)[index] as never);
      closers.push(close);
      const headers = {
        authorization: `Bearer ${ANN}`,
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
      };
      const body = JSON.stringify(INITIALIZE);
      const opened = await fetch(`${origin}/mcp`, { method: 'POST', headers, body });
      await opened.text();
      const session = opened.headers.get('mcp-session-id') ?? '';
      const stream = await open(`${origin}/mcp`, ANN, { 'mcp-session-id': session });
      stream.mark();
      advance(95);
      expect(await stream.ended).toBeLessThan(1000);
    });
  },
);

test('an open subscriptions/listen of SDK v2 ends [T162]', async () => {
  const { gate, advance } = streamingGate();
  const handler = gate.fetch(notesMcp([]).fetch as never);
  const response = await handler(
    new Request(gate.resource, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${ANN}`,
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'subscriptions/listen',
      },
      body: JSON.stringify({
        ...{ jsonrpc: '2.0', id: 1, method: 'subscriptions/listen' },
        params: {
          notifications: { toolsListChanged: true },
          _meta: {
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientInfo': { name: 'x', version: '1' },
            'io.modelcontextprotocol/clientCapabilities': {},
          },
        },
      }),
    }),
  );
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  let isOpen = true;
  const ended = response.text().then(() => (isOpen = false));
  await wait(600);
  expect(isOpen).toBe(true);
  const start = Date.now();
  advance(95);
  await ended;
  expect(Date.now() - start).toBeLessThan(1000);
});

describe('an answer', () => {
  test('that is no event stream does not look complete [T162]', async () => {
    const { gate, advance } = streamingGate();
    const handler = gate.fetch(async () => endless('text/csv').fetch(undefined as never, {}));
    const response = await handler(
      new Request(gate.resource, { headers: { authorization: `Bearer ${ANN}` } }),
    );
    advance(95);
    await expect(response.text()).rejects.toThrow('access of the caller has ended');
  });

  test('that was complete, or has a length, is left alone', async () => {
    const { gate, advance } = streamingGate();
    const ask = (make: () => Response): Promise<Response> =>
      gate.fetch(async () => make())(
        new Request(gate.resource, { headers: { authorization: `Bearer ${ANN}` } }),
      );
    const whole = await ask(() => new Response('whole', { headers: { 'content-length': '5' } }));
    const short = await ask(() => new Response('short'));
    expect(await short.text()).toBe('short');
    advance(95);
    await wait(300);
    expect(await whole.text()).toBe('whole');
    expect((await ask(() => new Response(null, { status: 204 }))).status).toBe(401);
  });

  test('revoked between the check and its beginning ends at once [T162]', async () => {
    const { gate, revocations } = streamingGate();
    const handler = gate.fetch(async (_request, { auth }) => {
      const { bindingKey } = auth as Auth;
      await revocations.revoke({ ...(bindingKey && { bindingKey }) }, { until: 1e10 });
      return endless().fetch(undefined as never, {});
    });
    const request = new Request(gate.resource, { headers: { authorization: `Bearer ${ANN}` } });
    const response = await handler(request);
    const start = Date.now();
    await response.text();
    expect(Date.now() - start).toBeLessThan(1000);
  });

  test.each<readonly [what: string, answer: () => unknown]>([
    ['a promise', async () => false],
    ['a rejection', () => Promise.reject(new Error('down'))],
    ['undefined', () => undefined],
    ['a text', () => 'false'],
    [
      'an error',
      () => {
        throw new Error('down');
      },
    ],
  ])('ends where the store cannot tell any more: %s [T162, T90]', async (_what, answer) => {
    let isRevoked: () => unknown = () => false;
    const listeners: Parameters<Revocations['onRevoked']>[0][] = [];
    const revocations: Revocations = {
      isRevoked: () => isRevoked() as boolean,
      revoke: () => undefined,
      onRevoked: (listener) => (listeners.push(listener), () => undefined),
    };
    const gate = ownGate({ gate: { revocations, streams: 'end-with-access' } });
    const handler = gate.fetch(async () => endless().fetch(undefined as never, {}));
    const request = new Request(gate.resource, { headers: { authorization: `Bearer ${ANN}` } });
    const response = await handler(request);
    expect(response.status).toBe(200);
    isRevoked = answer;
    const start = Date.now();
    for (const listener of listeners) listener({ subject: 'somebody' });
    await response.text();
    expect(Date.now() - start).toBeLessThan(1000);
  });

  test('goes on without the option', async () => {
    let offset = 0;
    const expiresAt = Math.floor(Date.now() / 1000) + 60;
    const gate = ownGate({
      gate: {
        clock: () => Date.now() + offset,
        verifier: expiring(expiresAt),
      },
    });
    const [host] = HOSTS;
    const { origin, close } = await (host as (typeof HOSTS)[number]).start(gate, endless());
    closers.push(close);
    const stream = await open(`${origin}/mcp`, ANN);
    offset = 95_000;
    await wait(700);
    expect(stream.isOpen()).toBe(true);
  });
});

test('the option needs ownership, and knows one value', () => {
  const without = { ownership: undefined, streams: 'end-with-access' };
  expect(() => ownGate({ gate: without as never })).toThrow('streams: needs ownership');
  expect(() => ownGate({ gate: { streams: 'end' } as never })).toThrow('streams: expected one of');
});
