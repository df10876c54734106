/** The attacks on sessions and tasks, in front of a server that does not know its callers. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { authenticated } from '@scopegate/core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { serveFetch } from '../../../adapter-testkit/src/serve-fetch.js';
import { hostileIds } from '../../../core/test/token/ownership/mutants.js';
import { NOT_FOUND, ownGate } from '../../../core/test/token/ownership/support.js';
import { createProxy } from '../../src/index.js';

const ANN = 'ann/app/notes:read/1';
const ANN_REFRESHED = 'ann/app/notes:read/2';
const ATTACKERS = ['bob/app/notes:read/1', 'ann/other-app/notes:read/1', 'bob/app//1', '-/app//1'];

let server: ChildProcess;
let upstream: string;
beforeAll(async () => {
  const port = await freePort();
  const entry = fileURLToPath(
    import.meta.resolve('@modelcontextprotocol/server-everything/dist/index.js'),
  );
  server = spawn(process.execPath, [entry, 'streamableHttp'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  upstream = `http://127.0.0.1:${port}/mcp`;
  for (let tries = 0; tries < 200; tries++) {
    const answer = await fetch(upstream).catch(() => undefined);
    await answer?.text();
    if (answer !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('server-everything did not start');
});
afterAll(async () => {
  server.kill();
  await once(server, 'exit');
});

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

async function startProxy(bind: 'bind' | 'pass'): Promise<string> {
  const gate = ownGate({
    policy: { otherTools: authenticated(), tasks: authenticated() },
    ...(bind === 'pass' && { gate: { ownership: undefined } as never }),
  });
  const handler = createProxy(gate, upstream, { sessions: bind, tasks: bind });
  const { url, close } = await serveFetch(handler);
  closers.push(close);
  return `${url}/mcp`;
}

interface Owner {
  readonly client: Client;
  readonly session: string;
  token: string;
  /** All that the client was sent, as text. */
  readonly seen: string[];
}

async function connectOwner(
  url: string,
  answer: () => Promise<'accept' | 'decline'>,
): Promise<Owner> {
  const seen: string[] = [];
  const owner = { token: ANN, seen } as { -readonly [Name in keyof Owner]: Owner[Name] };
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    fetch: async (target, init) => {
      const headers = new Headers(init?.headers);
      headers.set('authorization', `Bearer ${owner.token}`);
      const response = await fetch(target, { ...init, headers });
      seen.push(JSON.stringify([...response.headers]));
      return response;
    },
  });
  const capabilities = { elicitation: {}, tasks: { requests: {} } };
  const client = new Client({ name: 'owner', version: '1' }, { capabilities });
  client.setRequestHandler(ElicitRequestSchema, async () => {
    const action = await answer();
    return action === 'accept' ? { action, content: { name: 'Ann' } } : { action };
  });
  await client.connect(transport as never);
  closers.push(() => client.close());
  return Object.assign(owner, { client, session: transport.sessionId as string });
}

interface Sent {
  readonly token: string;
  readonly id?: string;
  readonly method?: string;
  readonly body?: object;
}

async function send(url: string, { token, id, method = 'POST', body }: Sent): Promise<string> {
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...(id !== undefined && { 'mcp-session-id': id }),
      'mcp-protocol-version': '2025-11-25',
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return JSON.stringify([response.status, await response.text()]);
}

const rpc = (method: string, params: object = {}, id: unknown = 1): object => ({
  ...{ jsonrpc: '2.0', id, method, params },
});
const echo = rpc('tools/call', { name: 'echo', arguments: { message: 'mine' } });
const REFUSED = JSON.stringify([NOT_FOUND.status, NOT_FOUND.body]);
const ACCEPT = { action: 'accept', content: { name: 'Mallory' } };
const ANSWERS = Array.from({ length: 8 }, (_, id) => ({ jsonrpc: '2.0', id, result: ACCEPT }));

async function elicit(owner: Owner): Promise<string> {
  const result = await owner.client.callTool({ name: 'trigger-elicitation-request' });
  return JSON.stringify(result.content);
}

describe('sessions and tasks that are bound', () => {
  test('a foreign session is unknown, and its owner goes on [OP-17, HO-16, T153, T158]', async () => {
    const url = await startProxy('bind');
    const owner = await connectOwner(url, async () => 'decline');
    expect(owner.session).toMatch(/^[\w-]+(\.[\w-]+){4}$/);
    const answers = new Set<string>();
    for (const token of ATTACKERS) {
      for (const id of [owner.session, crypto.randomUUID()]) {
        for (const body of [echo, rpc('ping'), ...ANSWERS.slice(0, 2)]) {
          answers.add(await send(url, { token, id, body }));
        }
        for (const method of ['GET', 'DELETE']) answers.add(await send(url, { token, id, method }));
      }
    }
    expect([...answers]).toEqual([REFUSED]);
    const said = async (): Promise<string> =>
      JSON.stringify(
        await owner.client.callTool({ name: 'echo', arguments: { message: 'hello' } }),
      );
    expect(await said()).toContain('Echo: hello');
    owner.token = ANN_REFRESHED;
    expect(await said()).toContain('Echo: hello');
    expect(
      JSON.parse(await send(url, { token: ANN, id: owner.session, method: 'DELETE' })),
    ).toEqual([200, '']);
  });

  test('the id of the upstream opens nothing, and none of its headers holds it [HO-16, T156]', async () => {
    const direct = await fetch(upstream, {
      method: 'POST',
      headers: {
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
      },
      body: JSON.stringify(
        rpc('initialize', {
          protocolVersion: '2025-11-25',
          capabilities: {},
          clientInfo: { name: 'x', version: '1' },
        }),
      ),
    });
    await direct.text();
    const inner = direct.headers.get('mcp-session-id') ?? '';
    const url = await startProxy('bind');
    for (const token of [ANN, ...ATTACKERS]) {
      expect(await send(url, { token, id: inner, body: echo })).toBe(REFUSED);
    }
    const owner = await connectOwner(url, async () => 'decline');
    expect(owner.seen.join('\n')).not.toMatch(/"mcp-session-id","[0-9a-f]{8}-/);
  });

  test('nobody else answers an elicitation, and the owner does [HO-12, T154]', async () => {
    const url = await startProxy('bind');
    let answers: string[] = [];
    let action: 'accept' | 'decline' = 'decline';
    const owner: Owner = await connectOwner(url, async () => {
      const all = ATTACKERS.flatMap((token) =>
        ANSWERS.flatMap((body) => [
          send(url, { token, id: owner.session, body }),
          send(url, { token, body }),
        ]),
      );
      answers = await Promise.all(all);
      return action;
    });
    expect(await elicit(owner)).toContain('declined');
    expect(new Set(answers)).toEqual(new Set([REFUSED]));
    action = 'accept';
    const accepted = await elicit(owner);
    expect(accepted).toContain('Ann');
    expect(accepted).not.toContain('Mallory');
  });

  test("a task is its owner's [HO-1, HO-3, T155]", async () => {
    const url = await startProxy('bind');
    const owner = await connectOwner(url, async () => 'decline');
    const message = async (token: string, body: object): Promise<[number, string]> =>
      JSON.parse(await send(url, { token, id: owner.session, body })) as [number, string];
    const call = rpc('tools/call', {
      name: 'simulate-research-query',
      arguments: { topic: 'ownership' },
      task: { ttl: 60_000 },
    });
    const [, created] = await message(ANN, call);
    const taskId = /"taskId":"([^"]+)"/.exec(created)?.[1] ?? '';
    expect(taskId).toMatch(/^[\w-]+(\.[\w-]+){4}$/);
    const [status, got] = await message(ANN, rpc('tasks/get', { taskId }));
    expect(status).toBe(200);
    expect(got).toContain(`"taskId":"${taskId}"`);
    const [, listed] = await message(ANN, rpc('tasks/list'));
    expect(listed).toContain(taskId);
    expect(listed).not.toMatch(/"taskId":"[0-9a-f]{32}"/);
    const bobs = await connectBob(url);
    for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel', 'tasks/update']) {
      const ask = (id: string): Promise<string> =>
        send(url, { token: ATTACKERS[0] as string, id: bobs, body: rpc(method, { taskId: id }) });
      const foreign = await ask(taskId);
      expect(foreign).toContain('-32602');
      expect(await ask(crypto.randomUUID())).toBe(foreign);
    }
    const [, cancelled] = await message(ANN, rpc('tasks/cancel', { taskId }));
    expect(cancelled).toContain('"status":"cancelled"');
  });

  test('a stream is resumed by its owner alone [HO-12, T155]', async () => {
    const url = await startProxy('bind');
    const owner = await connectOwner(url, async () => 'decline');
    const [, text] = JSON.parse(await send(url, { token: ANN, id: owner.session, body: echo })) as [
      number,
      string,
    ];
    const event = /^id: (.+)$/m.exec(text)?.[1] ?? '';
    expect(event).toMatch(/^[\w-]+(\.[\w-]+){4}$/);
    const bobs = await connectBob(url);
    const resume = async (token: string, session: string, id: string): Promise<Response> => {
      const stop = new AbortController();
      const response = await fetch(url, {
        headers: {
          ...{ authorization: `Bearer ${token}`, accept: 'text/event-stream' },
          ...{ 'mcp-session-id': session, 'last-event-id': id },
        },
        signal: stop.signal,
      });
      stop.abort();
      return response;
    };
    expect((await resume(ATTACKERS[0] as string, bobs, event)).status).toBe(404);
    expect((await resume(ANN, owner.session, crypto.randomUUID())).status).toBe(404);
    expect((await resume(ANN, owner.session, event)).status).toBe(200);
  });

  test('hostile ids get one answer [T156, T158]', async () => {
    const url = await startProxy('bind');
    const owner = await connectOwner(url, async () => 'decline');
    const bobs = await connectBob(url);
    const count = process.env['WHOLE'] === undefined ? 200 : 10_000;
    const ids = hostileIds(
      { own: [owner.session, owner.session], foreign: [bobs], stale: [] },
      count,
    );
    const answers = new Set<string>();
    for (const id of ids) answers.add(await send(url, { token: ANN, id, body: echo }));
    expect([...answers]).toEqual([REFUSED]);
  });

  async function connectBob(url: string): Promise<string> {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${ATTACKERS[0]}`,
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
      },
      body: JSON.stringify(
        rpc('initialize', {
          protocolVersion: '2025-11-25',
          capabilities: {},
          clientInfo: { name: 'bob', version: '1' },
        }),
      ),
    });
    await response.text();
    return response.headers.get('mcp-session-id') ?? '';
  }
});

test('that are passed on, the same attacks succeed', async () => {
  const url = await startProxy('pass');
  const owner: Owner = await connectOwner(url, async () => {
    for (const token of ATTACKERS.slice(2, 3)) {
      for (const body of ANSWERS) await send(url, { token, id: owner.session, body });
    }
    return 'decline';
  });
  expect(await send(url, { token: 'bob/app//1', id: owner.session, body: echo })).toContain(
    'Echo: mine',
  );
  expect(await elicit(owner)).toContain('Mallory');
  const end = await send(url, { token: 'bob/app//1', id: owner.session, method: 'DELETE' });
  expect(JSON.parse(end)).toEqual([200, '']);
});
