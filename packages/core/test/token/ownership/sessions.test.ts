/** The attacks on sessions that an id alone opens, on every framework and both SDKs, over sockets. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, describe, expect, test } from 'vitest';
import { ownedId } from '../../../src/token/ownership/index.js';
import { HOSTS } from '../../mcp/support/hosts.js';
import { callTool, rpc } from '../../support/mcp.js';
import { hostileIds } from './mutants.js';
import { sessionApps } from './session-apps.js';
import type { SessionApp } from './session-apps.js';
import { KEY, NOT_FOUND, OTHER_KEY, authOf, ownGate } from './support.js';

const ADMIN = 'ann/app/admin:notes/1';
const ADMIN_REFRESHED = 'ann/app/admin:notes/2';
const ATTACKERS = {
  'another user of the client': 'bob/app/admin:notes/1',
  'another client of the user': 'ann/other-app/admin:notes/1',
  'a token without a scope': 'bob/app//1',
  'a token without a subject': '-/app/admin:notes/1',
};

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

interface Owner {
  readonly client: Client;
  readonly session: string;
  token: string;
}

type Answer = () => Promise<'accept' | 'decline'>;

/** Connects the official client, whose user answers as `answer` says. */
async function connectOwner(origin: string, answer: Answer): Promise<Owner> {
  const owner = { token: ADMIN } as { -readonly [Name in keyof Owner]: Owner[Name] };
  const transport = new StreamableHTTPClientTransport(new URL(`${origin}/mcp`), {
    fetch: (url, init) => {
      const headers = new Headers(init?.headers);
      headers.set('authorization', `Bearer ${owner.token}`);
      return fetch(url, { ...init, headers });
    },
  });
  const client = new Client({ name: 'owner', version: '1' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, async () => {
    const action = await answer();
    return action === 'accept' ? { action, content: { sure: true } } : { action };
  });
  await client.connect(transport as never);
  closers.push(() => client.close());
  owner.client = client;
  owner.session = transport.sessionId as string;
  return owner;
}

interface Seen {
  readonly status: number;
  readonly body: string;
  readonly headers: string;
}

async function attack(
  origin: string,
  {
    token,
    id,
    method,
    body,
  }: { token: string | undefined; id: string; method: string; body?: object },
): Promise<Seen> {
  const response = await fetch(`${origin}/mcp`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      accept: 'application/json, text/event-stream',
      'mcp-session-id': id,
      'mcp-protocol-version': '2025-11-25',
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const headers = [...response.headers].filter(([name]) => name !== 'date');
  return { status: response.status, body: await response.text(), headers: JSON.stringify(headers) };
}

const ACCEPT = { action: 'accept', content: { sure: true } };
const ANSWERS = Array.from({ length: 6 }, (_, id) => ({ jsonrpc: '2.0', id, result: ACCEPT }));

const gate = ownGate();
const SDKS = ['SDK v1', 'SDK v2'] as const;
const columns = HOSTS.flatMap((host) => SDKS.map((sdk) => ({ host, sdk, name: host.name })));

async function open(
  sdk: (typeof SDKS)[number],
  host: (typeof HOSTS)[number],
): Promise<{ app: SessionApp; origin: string }> {
  const app = sessionApps(gate)[SDKS.indexOf(sdk)] as SessionApp;
  const { origin, close } = await host.start(gate, app);
  closers.push(close);
  return { app, origin };
}

describe.each(columns)('$name, $sdk', ({ host, sdk }) => {
  test('a foreign session is unknown, and its owner goes on [OP-17, HO-9, HO-10, HO-11, T153, T158]', async () => {
    const { app, origin } = await open(sdk, host);
    const owner = await connectOwner(origin, async () => 'decline');
    await owner.client.callTool({ name: 'read_notes' });
    const reached = app.reached();
    const answers = new Set<string>();
    for (const token of Object.values(ATTACKERS)) {
      for (const id of [owner.session, crypto.randomUUID()]) {
        for (const body of [
          callTool('read_notes'),
          callTool('admin_purge'),
          ...ANSWERS.slice(0, 2),
        ]) {
          answers.add(JSON.stringify(await attack(origin, { token, id, method: 'POST', body })));
        }
        for (const method of ['GET', 'DELETE']) {
          answers.add(JSON.stringify(await attack(origin, { token, id, method })));
        }
      }
    }
    expect([...answers]).toHaveLength(1);
    const { status, body } = NOT_FOUND;
    expect(JSON.parse([...answers][0] as string)).toMatchObject({ status, body });
    for (const method of ['GET', 'DELETE', 'POST']) {
      const sent = method === 'POST' ? { body: rpc('ping') } : {};
      const one = { token: undefined, id: owner.session, method, ...sent };
      expect(await attack(origin, one)).toMatchObject({ status: 401 });
    }
    expect(app.reached()).toBe(reached);
    expect(app.runs).toEqual(['read_notes']);
    // A refreshed token keeps the session.
    owner.token = ADMIN_REFRESHED;
    await owner.client.callTool({ name: 'read_notes' });
    expect(app.runs).toEqual(['read_notes', 'read_notes']);
    const end = await attack(origin, { token: ADMIN, id: owner.session, method: 'DELETE' });
    expect(end.status).toBe(200);
  });

  test('nobody else answers an elicitation [HO-12, T154]', async () => {
    const { app, origin } = await open(sdk, host);
    let answers: Promise<Seen>[] = [];
    const owner: Owner = await connectOwner(origin, async () => {
      answers = Object.values(ATTACKERS).flatMap((token) =>
        ANSWERS.map((body) => attack(origin, { token, id: owner.session, method: 'POST', body })),
      );
      // Without a session, too.
      answers.push(
        ...ANSWERS.map(async (body) => {
          const response = await fetch(`${origin}/mcp`, {
            method: 'POST',
            headers: {
              authorization: `Bearer ${ADMIN}`,
              accept: 'application/json, text/event-stream',
              'content-type': 'application/json',
            },
            body: JSON.stringify(body),
          });
          return { status: response.status, body: await response.text(), headers: '' };
        }),
      );
      await Promise.all(answers);
      return 'decline';
    });
    const result = await owner.client.callTool({ name: 'admin_purge' });
    expect(result.content).toEqual([{ type: 'text', text: 'decline' }]);
    const seen = await Promise.all(answers);
    expect(seen.length).toBeGreaterThan(24);
    const { status, body } = NOT_FOUND;
    for (const one of seen) expect(one).toMatchObject({ status, body });
    expect(app.runs).toEqual([]);
  });

  test('the owner answers [HO-12]', async () => {
    const { app, origin } = await open(sdk, host);
    const owner = await connectOwner(origin, async () => 'accept');
    const result = await owner.client.callTool({ name: 'admin_purge' });
    expect(result.content).toEqual([{ type: 'text', text: 'accept' }]);
    expect(app.runs).toEqual(['admin_purge']);
  });

  test('hostile ids over the wire get one answer [T153, T156, T158]', async () => {
    const { app, origin } = await open(sdk, host);
    const own = await authOf(gate, ADMIN);
    const foreign = await authOf(gate, ATTACKERS['another user of the client']);
    const mint = (auth: typeof own): string => ownedId(gate, auth, { kind: 'session' });
    const ids = hostileIds(
      { own: [mint(own), mint(own)], foreign: [mint(foreign)], stale: [] },
      process.env['WHOLE'] === undefined ? 60 : 10_000,
    );
    const methods = ['POST', 'GET', 'DELETE'];
    const answers = new Set<string>();
    for (const [index, id] of ids.entries()) {
      const method = methods[index % 3] as string;
      const sent = method === 'POST' ? { body: rpc('ping') } : {};
      answers.add(JSON.stringify(await attack(origin, { token: ADMIN, id, method, ...sent })));
    }
    expect([...answers]).toHaveLength(1);
    expect(JSON.parse([...answers][0] as string)).toMatchObject({ status: 404 });
    expect(app.reached()).toBe(0);
  });
});

describe('without the ownership of the gate', () => {
  test.each(SDKS)('the same attacks succeed: %s', async (sdk) => {
    const bare = ownGate({ gate: { ownership: undefined } as never });
    const app = sessionApps(bare, () => crypto.randomUUID())[SDKS.indexOf(sdk)] as SessionApp;
    const [host] = HOSTS;
    const { origin, close } = await (host as (typeof HOSTS)[number]).start(bare, app);
    closers.push(close);
    const token = ATTACKERS['a token without a scope'];
    const owner: Owner = await connectOwner(origin, async () => {
      for (const body of ANSWERS) {
        await attack(origin, { token, id: owner.session, method: 'POST', body });
      }
      return 'decline';
    });
    await owner.client.callTool({ name: 'admin_purge' });
    expect(app.runs).toEqual(['admin_purge']);
    const end = await attack(origin, { token, id: owner.session, method: 'DELETE' });
    expect(end.status).toBe(200);
  });
});

test('keys rotate under load: nothing is lost, nothing foreign admitted [HO-15, T159]', async () => {
  // Add the new key behind, move it to the front: two instances at a time, one a step ahead of the other.
  const gates = [[KEY], [KEY, OTHER_KEY], [OTHER_KEY, KEY]].map((keys) =>
    ownGate({ ownership: { keys } }),
  );
  const attacker = ATTACKERS['another user of the client'];
  const live: string[] = [];
  for (const pair of [gates.slice(0, 2), gates.slice(1, 3)]) {
    for (const one of pair) {
      const auth = await authOf(one, ADMIN);
      for (let i = 0; i < 200; i++) live.push(ownedId(one, auth, { kind: 'session' }));
    }
    for (const one of pair) {
      const ask = (id: string, token: string): ReturnType<typeof one.check> => {
        const headers = { authorization: `Bearer ${token}`, 'mcp-session-id': id };
        const method = 'GET';
        return one.check(new Request('https://notes.example.com/mcp', { method, headers }));
      };
      const own = await Promise.all(live.map((id) => ask(id, ADMIN)));
      expect(own.filter(({ allowed }) => !allowed)).toEqual([]);
      const foreign = await Promise.all(live.map((id) => ask(id, attacker)));
      expect(foreign.filter(({ allowed }) => allowed)).toEqual([]);
    }
  }
  expect(new Set(live.map((id) => id.split('.', 1)[0])).size).toBe(2);
});
