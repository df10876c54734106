/** The attacks on sessions that an id alone opens, on every framework and both SDKs, over sockets. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ownedId } from '../../../src/token/ownership/index.js';
import { HOSTS } from '../../mcp/support/hosts.js';
import { callTool, rpc } from '../../support/mcp.js';
import { ADMIN, ADMIN_REFRESHED, ANSWERS, ATTACKERS, attack } from './attackers.js';
import type { Seen } from './attackers.js';
import { hostileIds } from './mutants.js';
import { sessionApps } from './session-apps.js';
import type { SessionApp } from './session-apps.js';
import { CLIENTS } from './session-clients.js';
import type { Answer, ClientKind, SessionClient } from './session-clients.js';
import { KEY, NOT_FOUND, OTHER_KEY, authOf, ownGate } from './support.js';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function connectOwner(
  { connect }: ClientKind,
  origin: string,
  answer: Answer,
): Promise<SessionClient> {
  const owner = await connect({ origin, token: ADMIN, answer });
  closers.push(() => owner.close());
  return owner;
}

const gate = ownGate();
const SDKS = ['SDK v1', 'SDK v2'] as const;
const columns = HOSTS.flatMap((host) => SDKS.map((sdk) => ({ host, sdk, name: host.name })));

const NOT_FOUND_SEEN = expect.stringContaining(
  JSON.stringify({ status: NOT_FOUND.status, body: NOT_FOUND.body }).slice(0, -1),
) as unknown;

/** Sends each attacker's requests to the session and to none that exists; returns the different answers. */
async function attackAll(origin: string, session: string): Promise<string[]> {
  const answers = new Set<string>();
  const bodies = [callTool('read_notes'), callTool('admin_purge'), ...ANSWERS.slice(0, 2)];
  for (const token of Object.values(ATTACKERS)) {
    for (const id of [session, crypto.randomUUID()]) {
      for (const body of bodies) {
        answers.add(JSON.stringify(await attack(origin, { token, id, body })));
      }
      for (const method of ['GET', 'DELETE']) {
        answers.add(JSON.stringify(await attack(origin, { token, id, method })));
      }
    }
  }
  return [...answers];
}

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
  describe.each(CLIENTS)('$client', (kind) => {
    test('a foreign session is unknown, and its owner goes on [OP-17, HO-9, HO-10, HO-11, T153, T158]', async () => {
      const { app, origin } = await open(sdk, host);
      const owner = await connectOwner(kind, origin, async () => 'decline');
      await owner.call('read_notes');
      const reached = app.reached();
      expect(await attackAll(origin, owner.session)).toEqual([NOT_FOUND_SEEN]);
      for (const method of ['GET', 'DELETE', 'POST']) {
        const sent = method === 'POST' ? { body: rpc('ping') } : {};
        const one = { token: undefined, id: owner.session, method, ...sent };
        expect(await attack(origin, one)).toMatchObject({ status: 401 });
      }
      expect(app.reached()).toBe(reached);
      expect(app.runs).toEqual(['read_notes']);
      // A refreshed token keeps the session.
      owner.token = ADMIN_REFRESHED;
      await owner.call('read_notes');
      expect(app.runs).toEqual(['read_notes', 'read_notes']);
    });

    test('its owner reconnects and ends it, and a client of another does neither [OP-17, HO-9, HO-11, T153, T158]', async () => {
      const { app, origin } = await open(sdk, host);
      const first = await connectOwner(kind, origin, async () => 'decline');
      const { session } = first;
      await first.close();
      for (const token of Object.values(ATTACKERS)) {
        const thief = await kind.connect({ origin, token, session });
        await expect(thief.call('read_notes')).rejects.toThrow(/Session not found|404/);
        await expect(thief.end()).rejects.toThrow(/Not Found/);
        expect(thief.exchanges).toEqual(['POST 404', 'DELETE 404']);
        await thief.close();
      }
      expect(app.runs).toEqual([]);
      const owner = await kind.connect({ origin, token: ADMIN_REFRESHED, session });
      closers.push(() => owner.close());
      expect(await owner.call('read_notes')).toBe('notes');
      await owner.end();
      expect(owner.exchanges).toEqual(['POST 200', 'DELETE 200']);
      const reached = app.reached();
      expect(await attackAll(origin, session)).toEqual([NOT_FOUND_SEEN]);
      expect(app.reached()).toBe(reached);
      // The server, not the gate, says of the owner's session that it has ended.
      const ended = await attack(origin, { token: ADMIN, id: session, body: rpc('ping') });
      expect([ended.status, app.reached()]).toEqual([404, reached + 1]);
    });

    test('nobody else answers an elicitation [HO-12, T154]', async () => {
      const { app, origin } = await open(sdk, host);
      let answers: Promise<Seen>[] = [];
      const owner: SessionClient = await connectOwner(kind, origin, async () => {
        answers = Object.values(ATTACKERS).flatMap((token) =>
          ANSWERS.map((body) => attack(origin, { token, id: owner.session, body })),
        );
        // Without a session, too.
        answers.push(...ANSWERS.map((body) => attack(origin, { token: ADMIN, body })));
        await Promise.all(answers);
        return 'decline';
      });
      expect(await owner.call('admin_purge')).toBe('decline');
      const seen = await Promise.all(answers);
      expect(seen.length).toBeGreaterThan(24);
      const { status, body } = NOT_FOUND;
      for (const one of seen) expect(one).toMatchObject({ status, body });
      expect(app.runs).toEqual([]);
    });

    test('the owner answers, and hears the server [HO-12]', async () => {
      const { app, origin } = await open(sdk, host);
      const owner = await connectOwner(kind, origin, async () => 'accept');
      expect(await owner.call('admin_purge')).toBe('accept');
      expect(app.runs).toEqual(['admin_purge']);
      await vi.waitFor(() => expect(owner.exchanges).toContain('GET 200'));
    });
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
  const pairs = SDKS.flatMap((sdk) => CLIENTS.map((kind) => ({ sdk, kind, name: kind.client })));
  test.each(pairs)('the same attacks succeed: $sdk, $name', async ({ sdk, kind }) => {
    const bare = ownGate({ gate: { ownership: undefined } as never });
    const app = sessionApps(bare, () => crypto.randomUUID())[SDKS.indexOf(sdk)] as SessionApp;
    const [host] = HOSTS;
    const { origin, close } = await (host as (typeof HOSTS)[number]).start(bare, app);
    closers.push(close);
    const token = ATTACKERS['a token without a scope'];
    const owner: SessionClient = await connectOwner(kind, origin, async () => {
      for (const body of ANSWERS) await attack(origin, { token, id: owner.session, body });
      return 'decline';
    });
    await owner.call('admin_purge');
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
