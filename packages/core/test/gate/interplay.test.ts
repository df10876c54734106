/**
 * Options of a gate that were made apart, together: bound tokens, revocations, owned ids, report-only, CORS and a
 * token from elsewhere, on every binding. A request that one of them refuses never reaches the handler, and is
 * recorded once.
 */
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createGate, reportOnly } from '../../src/index.js';
import type { Auth, DecisionEvent, Gate, GateOptions, TokenFrom } from '../../src/index.js';
import { mcpPolicy } from '../../src/mcp/index.js';
import { dpop, memoryReplayStore } from '../../src/token/dpop/index.js';
import type { ReplayStore } from '../../src/token/dpop/index.js';
import { mtls } from '../../src/token/mtls/index.js';
import { ownedId, ownership } from '../../src/token/ownership/index.js';
import { memoryRevocations } from '../../src/token/revocations/index.js';
import { HOSTS } from '../mcp/support/hosts.js';
import { createKey, proofOf } from '../support/dpop.js';
import type { ProofParts } from '../support/dpop.js';
import { RESOURCE, scopes } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

const key = createKey();
const otherKey = createKey();
const DER = new Uint8Array([0x30, 0x03, 1, 2, 3]);
const CERTIFICATE = `:${Buffer.from(DER).toString('base64')}:`;
const HASH = createHash('sha256').update(DER).digest('base64url');
const APP = 'https://app.example.com';

/** A token is a list of the form `user/scopes/binding/number`; anything else is none. */
const CNF: Readonly<Record<string, unknown>> = {
  none: undefined,
  key: { jkt: key.jkt },
  certificate: { 'x5t#S256': HASH },
  both: { jkt: key.jkt, 'x5t#S256': HASH },
  nothing: {},
  null: null,
  unknown: { 'x5t#S512': 'x' },
  text: key.jkt,
};

function verifier(token: string): { claims: Record<string, unknown> } | undefined {
  const [sub, granted = '', binding = 'none'] = token.split('_');
  if (!(binding in CNF) || sub === 'bad') return undefined;
  const scope = granted
    .split('.')
    .map((name) => `notes:${name}`)
    .join(' ');
  const cnf = CNF[binding];
  return {
    claims: { aud: RESOURCE, sub, client_id: 'c1', scope, ...(cnf !== undefined && { cnf }) },
  };
}

const events: DecisionEvent[] = [];
beforeEach(() => void (events.length = 0));

function gateWith(options: Partial<GateOptions<NotesScope>>): Gate<NotesScope> {
  return createGate({
    ...{ resource: RESOURCE, authorizationServers: ['https://idp.example.com'], verifier, scopes },
    initialScopes: ['notes:read'],
    policy: mcpPolicy(scopes, {
      tools: { read_notes: 'notes:read', add_note: 'notes:write', admin_purge: 'admin:notes' },
    }),
    onDecision: (event) => void events.push(event),
    onError: () => undefined,
    onWarning: () => undefined,
    ...options,
  });
}

const call = (name: string): object => ({
  ...{ jsonrpc: '2.0', id: 1, method: 'tools/call' },
  params: { name, arguments: {} },
});

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A way to the gate: one of its own, or a framework on a socket. */
interface Door {
  readonly send: (sent: Sent) => Promise<Answer>;
  readonly close: () => Promise<void>;
}

let reached = 0;
beforeEach(() => void (reached = 0));

const init = ({ method = 'POST', headers = {}, body = call('read_notes') }: Sent): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json', ...headers },
  ...(method === 'POST' && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
});

/** One of each kind: what all of them share is in the suite of the adapters. */
const isChosen = ({ name }: { readonly name: string }): boolean =>
  ['node:http', 'gate.fetch', 'Express 5', 'Fastify, hijacked'].includes(name);

const DOORS: readonly { readonly name: string; open: (gate: Gate<NotesScope>) => Promise<Door> }[] =
  [
    {
      name: 'gate.check',
      async open(gate) {
        return {
          async send(sent) {
            const decision = await gate.check(new Request(RESOURCE, init(sent)));
            if (decision.allowed) reached++;
            const { headers } = decision;
            const [status, text] = decision.allowed ? [200, ''] : [decision.status, decision.body];
            return { status, text, headers: new Headers([...headers] as [string, string][]) };
          },
          close: async () => undefined,
        };
      },
    },
    ...HOSTS.filter(isChosen).map((host) => ({
      name: host.name,
      async open(gate: Gate<NotesScope>): Promise<Door> {
        const { origin, close } = await host.start(gate, {
          async node(_req, res) {
            reached++;
            res.statusCode = 200;
            res.end('reached');
          },
          async fetch() {
            reached++;
            return new Response('reached');
          },
        });
        return {
          async send(sent) {
            const response = await fetch(`${origin}/mcp`, init(sent));
            const { status, headers } = response;
            return { status, headers, text: await response.text() };
          },
          close,
        };
      },
    })),
  ];

const proof = (token: string, parts: ProofParts = {}): string =>
  proofOf(key, token, {
    ...parts,
    claims: { iat: Math.floor(Date.now() / 1000), ...parts.claims },
  });

const bound = (token: string, parts?: ProofParts): Record<string, string> => ({
  authorization: `DPoP ${token}`,
  dpop: proof(token, parts),
});

describe.each(DOORS)('$name', ({ open }) => {
  const doors: Door[] = [];
  afterEach(async () => {
    for (const door of doors.splice(0)) await door.close();
  });
  const openWith = async (gate: Gate<NotesScope>): Promise<Door> => {
    const door = await open(gate);
    doors.push(door);
    return door;
  };

  describe.each<readonly [where: string, from: TokenFrom, at: (token: string) => object]>([
    ['a header', { header: 'X-Token' }, (token) => ({ 'x-token': token })],
    [
      'a cookie',
      { cookie: 'at' },
      (token) => ({ cookie: `at=${token}`, 'sec-fetch-site': 'same-origin' }),
    ],
  ])('a bound token from %s is no bearer token', (_where, tokenFrom, at) => {
    test.each([
      ['without mtls', undefined],
      ['with mtls', {}],
      ['with mtls that is required', { required: true }],
    ])('%s [DP-6, MT-2, T88]', async (_what, options) => {
      const isRequired = options !== undefined && 'required' in options;
      const door = await openWith(
        gateWith({
          tokenFrom,
          ...(options && { mtls: mtls({ ...options, clientCert: { from: () => true } }) }),
        }),
      );
      for (const binding of Object.keys(CNF)) {
        const token = `ray_read_${binding}`;
        for (const certificate of [{}, { 'client-cert': CERTIFICATE }]) {
          // A proof proves nothing here, and a second credential in `Authorization` is not read.
          const extras = { dpop: proof(token), authorization: `DPoP ${token}` };
          const headers = { ...at(token), ...certificate, ...extras };
          const before = { reached, events: events.length };
          const { status } = await door.send({ headers });
          const isProven =
            binding === 'certificate' && options !== undefined && 'client-cert' in certificate;
          const isAllowed = isProven || (binding === 'none' && !isRequired);
          expect([binding, certificate, status]).toEqual([
            binding,
            certificate,
            isAllowed ? 200 : 401,
          ]);
          expect(reached - before.reached).toBe(isAllowed ? 1 : 0);
          expect(events.length - before.events).toBe(1);
          if (!isAllowed) expect(events.at(-1)).toMatchObject({ detail: 'binding' });
        }
      }
    });
  });

  describe('with everything at once', () => {
    let gate: Gate<NotesScope>;
    let revocations: ReturnType<typeof memoryRevocations>;
    let inserted: string[];
    let door: Door;
    const OWN = 'ann_read_key';
    const ids: Record<string, string> = {};
    beforeAll(async () => {
      revocations = memoryRevocations();
      const store = memoryReplayStore();
      inserted = [];
      const replay: ReplayStore = {
        insert: (id, about) => (inserted.push(id), store.insert(id, about)),
      };
      gate = gateWith({
        ...{ revocations, streams: 'end-with-access' as const, allowedOrigins: [APP] },
        dpop: dpop({ replay }),
        mtls: mtls({ clientCert: { from: () => true } }),
        ownership: ownership({ keys: ['a secret of the tests, 32 bytes or more'] }),
        cors: { origins: [APP] },
        enforce: reportOnly(['tools/call add_note'], {
          until: new Date(Date.now() + 1e7),
          onWarning: () => undefined,
        }),
      });
      const authOf = async (token: string): Promise<Auth> => {
        const headers = { ...bound(token), 'content-type': 'application/json' };
        const ping = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
        const request = new Request(RESOURCE, { method: 'POST', headers, body: ping });
        return ((await gate.check(request)) as { auth: Auth }).auth;
      };
      for (const user of ['ann', 'bob']) {
        const auth = await authOf(`${user}_read_key`);
        ids[`session of ${user}`] = ownedId(gate, auth, { kind: 'session' });
        const operation = { method: 'tools/call', name: 'read_notes' };
        ids[`task of ${user}`] = ownedId(gate, auth, { kind: 'task', operation });
      }
      void revocations.revoke({ subject: 'eve' }, { until: Date.now() / 1000 + 3600 });
      door = await open(gate);
    });
    afterAll(() => door.close());

    const session = (user: string): object => ({ 'mcp-session-id': ids[`session of ${user}`] });
    const task = (user: string): object => ({
      ...{ jsonrpc: '2.0', id: 1, method: 'tasks/get' },
      params: { taskId: ids[`task of ${user}`] },
    });

    /** What is sent, the answer, and the event; the order is that of the steps. */
    const ROWS: readonly (readonly [
      what: string,
      sent: () => Sent,
      status: number,
      event: object | undefined,
    ])[] = [
      [
        'a preflight, with everything else wrong',
        () => ({
          method: 'OPTIONS',
          headers: {
            ...{ origin: APP, 'access-control-request-method': 'POST' },
            ...{ authorization: 'DPoP eve_read_key', 'mcp-session-id': 'x' },
          },
        }),
        204,
        undefined,
      ],
      [
        'another origin, before two credentials',
        () => ({
          headers: { origin: 'https://evil.example', authorization: 'Bearer a, Bearer b' },
        }),
        403,
        { reason: 'origin_not_allowed' },
      ],
      [
        'two credentials, before the proof',
        () => ({ headers: { authorization: `DPoP ${OWN}, Bearer x`, dpop: 'x' } }),
        400,
        { reason: 'malformed_credentials' },
      ],
      ['no token', () => ({ headers: session('bob') as never }), 401, { reason: 'no_credentials' }],
      [
        'another scheme',
        () => ({ headers: { authorization: 'Basic cmF5OnJheQ==' } }),
        401,
        { reason: 'no_credentials', detail: 'scheme', expected: ['Bearer', 'DPoP'] },
      ],
      [
        'a token bound to a key as Bearer, with a good proof',
        () => ({ headers: { authorization: `Bearer ${OWN}`, dpop: proof(OWN) } }),
        401,
        { reason: 'invalid_token', detail: 'binding' },
      ],
      [
        'a token bound to both as Bearer, with proof and certificate',
        () => ({
          headers: {
            ...{ authorization: 'Bearer ann_read_both', dpop: proof('ann_read_both') },
            'client-cert': CERTIFICATE,
          },
        }),
        401,
        { reason: 'invalid_token', detail: 'binding' },
      ],
      [
        'a token bound to both with the proof alone',
        () => ({ headers: bound('ann_read_both') }),
        401,
        { reason: 'invalid_token', detail: 'binding' },
      ],
      [
        'an unbound token with a good proof',
        () => ({ headers: bound('ann_read_none') }),
        401,
        { reason: 'invalid_token', detail: 'binding' },
      ],
      [
        'no proof, before the revocation',
        () => ({ headers: { authorization: 'DPoP eve_read_key' } }),
        401,
        { reason: 'invalid_dpop_proof', detail: 'proof', expected: ['presence'] },
      ],
      [
        'two proofs',
        () => ({ headers: { authorization: `DPoP ${OWN}`, dpop: `${proof(OWN)}, ${proof(OWN)}` } }),
        401,
        { reason: 'invalid_dpop_proof', detail: 'proof', expected: ['one proof'] },
      ],
      [
        'a proof for another method, before the revocation',
        () => ({ headers: bound('eve_read_key', { claims: { htm: 'GET' } }) }),
        401,
        { reason: 'invalid_dpop_proof', detail: 'proof', expected: ['htm'] },
      ],
      [
        'a proof for another token',
        () => ({ headers: { authorization: `DPoP ${OWN}`, dpop: proof('ann_write_key') } }),
        401,
        { reason: 'invalid_dpop_proof', detail: 'proof', expected: ['ath'] },
      ],
      [
        'a revoked token, before the session of another and a body that is none',
        () => ({ headers: { ...bound('eve_read_key'), ...session('bob') }, body: '{' }),
        401,
        { reason: 'invalid_token', detail: 'revoked' },
      ],
      [
        'a token that is none, before the session of another',
        () => ({ headers: { ...bound('bad_read_key'), ...session('bob') } }),
        401,
        { reason: 'invalid_token' },
      ],
      [
        'a revoked bearer token',
        () => ({ headers: { authorization: 'Bearer eve_read' } }),
        401,
        { reason: 'invalid_token', detail: 'revoked' },
      ],
      [
        'the session of another, for an operation that is reported',
        () => ({ headers: { ...bound(OWN), ...session('bob') }, body: call('add_note') }),
        404,
        { reason: 'unknown_id', subject: 'ann' },
      ],
      [
        'the session of another, with GET',
        () => ({
          method: 'GET',
          headers: { ...bound(OWN, { claims: { htm: 'GET' } }), ...session('bob') },
        }),
        404,
        { reason: 'unknown_id', subject: 'ann' },
      ],
      [
        'the stream of another',
        () => ({ headers: { ...bound(OWN), 'last-event-id': `${ids['session of ann']}` } }),
        404,
        { reason: 'unknown_id', subject: 'ann' },
      ],
      [
        'a body that is none',
        () => ({ headers: bound(OWN), body: { neither: 'a request' } }),
        400,
        { reason: 'invalid_body', subject: 'ann' },
      ],
      [
        'the task of another',
        () => ({ headers: bound(OWN), body: task('bob') }),
        404,
        { reason: 'unknown_id', subject: 'ann' },
      ],
      [
        'an answer without a session',
        () => ({ headers: bound(OWN), body: { jsonrpc: '2.0', id: 1, result: {} } }),
        404,
        { reason: 'unknown_id', subject: 'ann' },
      ],
      [
        'too few scopes',
        () => ({ headers: bound(OWN), body: call('admin_purge') }),
        403,
        { reason: 'insufficient_scope', missing: ['admin:notes'] },
      ],
    ];

    test.each(ROWS)(
      '%s: refused, not reached, and recorded once [T04]',
      async (_what, sent, status, event) => {
        const answer = await door.send(sent());
        expect(answer.status).toBe(status);
        expect(reached).toBe(0);
        const expected = event && { outcome: 'refused', status, ...event };
        expect(events).toMatchObject(expected === undefined ? [] : [expected]);
        expect(events).toHaveLength(expected === undefined ? 0 : 1);
        const challenge = answer.headers.get('www-authenticate');
        if (status === 401 || event === undefined)
          expect(answer.headers.get('dpop-nonce')).toBeNull();
        // An answer is in the scheme of its token, and a 404 asks for no other one.
        if (status === 404) expect(challenge).toBeNull();
        if (sent().headers?.['authorization']?.startsWith('DPoP ') === true && challenge !== null) {
          expect(challenge).toMatch(status === 400 ? /^Bearer / : /^DPoP /);
        }
      },
    );

    test('a proof is kept by the store only if its request had a good token and a good proof [DP-8, T100]', async () => {
      inserted.length = 0;
      for (const [, sent, , event] of ROWS) {
        const before = inserted.length;
        await door.send(sent());
        const subject = event && 'subject' in event;
        const isKept = subject === true || (event !== undefined && 'missing' in event);
        expect(inserted.length - before).toBe(isKept ? 1 : 0);
      }
    });

    test.each([
      ['the own session', () => ({ headers: { ...bound(OWN), ...session('ann') } }), 'allowed'],
      ['the own task', () => ({ headers: bound(OWN), body: task('ann') }), 'allowed'],
      [
        'a token bound to both, with both',
        () => ({ headers: { ...bound('ann_read_both'), 'client-cert': CERTIFICATE } }),
        'allowed',
      ],
      ['a bearer token', () => ({ headers: { authorization: 'Bearer ann_read' } }), 'allowed'],
      [
        'an operation that is reported',
        () => ({ headers: { ...bound(OWN), ...session('ann') }, body: call('add_note') }),
        'reported',
      ],
    ])('%s: reached once, and recorded once', async (_what, sent, outcome) => {
      expect((await door.send(sent() as Sent)).status).toBe(200);
      expect(reached).toBe(1);
      expect(events).toMatchObject([{ outcome, subject: 'ann' }]);
      expect(events).toHaveLength(1);
    });

    test('a proof that was used is refused, also in another session [DP-8, T100]', async () => {
      const headers = bound(OWN);
      expect((await door.send({ headers })).status).toBe(200);
      const again = await door.send({ headers: { ...headers, ...session('ann') } });
      expect(again.status).toBe(401);
      expect(events[1]).toMatchObject({ detail: 'proof', expected: ['jti'] });
      expect(reached).toBe(1);
    });

    test('the key of another', async () => {
      const iat = Math.floor(Date.now() / 1000);
      const headers = {
        authorization: `DPoP ${OWN}`,
        dpop: proofOf(otherKey, OWN, { claims: { iat } }),
      };
      expect((await door.send({ headers })).status).toBe(401);
      expect(events).toMatchObject([{ reason: 'invalid_token', detail: 'binding' }]);
    });
  });

  test('CORS lets a browser send and read what the options need [PR-14, T48]', async () => {
    for (const tokenFrom of [{ header: 'X-Token' }, { cookie: 'at' }] as const) {
      const door = await openWith(
        gateWith({ tokenFrom, cors: { origins: [APP] }, allowedOrigins: [APP] }),
      );
      const preflight = await door.send({
        method: 'OPTIONS',
        headers: {
          ...{ origin: APP, 'access-control-request-method': 'POST' },
          'access-control-request-headers': 'x-token,mcp-session-id',
        },
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get('access-control-allow-headers')).toBe('x-token,mcp-session-id');
      // Without these headers, an OPTIONS is a request like any other: with the cookie, another site's.
      const plain = await door.send({ method: 'OPTIONS', headers: { cookie: 'at=ann_read' } });
      expect(plain.status).toBe('cookie' in tokenFrom ? 403 : 401);
      expect(reached).toBe(0);
      const answer = await door.send({
        headers: { origin: APP, cookie: 'at=ann_read_key', 'x-token': 'ann_read_key' },
      });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('access-control-allow-origin')).toBe(APP);
      expect(answer.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate');
      const vary = answer.headers.get('vary') ?? '';
      expect(vary).toContain('header' in tokenFrom ? 'X-Token' : 'Cookie');
      expect(vary).toContain('Origin');
    }
  });
});

describe('nothing that fails in a hook of several options lets a request pass', () => {
  const fault = (): Error => new Error('fault');
  const FAULTS: Readonly<Record<string, () => unknown>> = {
    throws: () => {
      throw fault();
    },
    rejects: () => Promise.reject(fault()),
    hangs: () => new Promise(() => {}),
    'resolves to false': async () => false,
    'resolves to true': async () => true,
    'returns undefined': () => undefined,
    'returns null': () => null,
    'returns a text': () => 'stored false true',
    'returns an object': () => ({}),
  };
  /** A clock is no function that an application makes asynchronous. */
  const { rejects: _rejects, ...CLOCK_FAULTS } = FAULTS;
  type Hook = (fail: () => unknown) => Partial<GateOptions<NotesScope>>;
  const idle = { revoke: () => undefined, onRevoked: () => () => undefined };
  const HOOKS: readonly (readonly [name: string, schemes: readonly string[], hook: Hook])[] = [
    [
      'revocations.isRevoked',
      ['Bearer', 'DPoP'],
      (fail) => ({ revocations: { ...idle, isRevoked: fail as () => boolean } }),
    ],
    [
      'replay.insert',
      ['DPoP'],
      (fail) => ({ dpop: dpop({ replay: { insert: fail as ReplayStore['insert'] } }) }),
    ],
    [
      'dpop.url',
      ['DPoP'],
      (fail) => ({ dpop: dpop({ replay: memoryReplayStore(), url: fail as () => string }) }),
    ],
    [
      'mtls.clientCert.from',
      ['certificate'],
      (fail) => ({ mtls: mtls({ clientCert: { from: fail as () => boolean } }) }),
    ],
    ['clock', ['Bearer', 'DPoP'], (fail) => ({ clock: fail as () => number })],
    ['verifier', ['Bearer', 'DPoP'], (fail) => ({ verifier: fail as never, verifierTimeout: 50 })],
  ];
  const TOKENS: Readonly<Record<string, () => Record<string, string>>> = {
    Bearer: () => ({ authorization: 'Bearer ray_read_none' }),
    DPoP: () => bound('ray_read_key'),
    certificate: () => ({
      ...{ authorization: 'Bearer ray_read_certificate', 'client-cert': CERTIFICATE },
    }),
  };

  describe.each(DOORS.slice(0, 3))('$name', ({ open }) => {
    test.each(
      HOOKS.flatMap(([name, schemes, hook]) =>
        Object.entries(name === 'clock' ? CLOCK_FAULTS : FAULTS).flatMap(([what, fail]) =>
          schemes.map((scheme) => [`${name} ${what}: ${scheme}`, scheme, hook, fail] as const),
        ),
      ),
    )('%s [T04, T90]', async (_title, scheme, hook, fail) => {
      const door = await open(
        gateWith({
          dpop: dpop({ replay: memoryReplayStore() }),
          mtls: mtls(),
          ownership: ownership({ keys: ['a secret of the tests, 32 bytes or more'] }),
          streams: 'end-with-access',
          ...hook(fail),
        }),
      );
      const headers = TOKENS[scheme]?.() ?? {};
      const { status } = await door.send({ headers });
      expect([401, 503]).toContain(status);
      expect(reached).toBe(0);
      expect(events).toMatchObject([{ outcome: 'refused', status }]);
      await door.close();
    });
  });
});

test('DPoP has its scheme in `Authorization`, so a token from elsewhere cannot go with it', () => {
  for (const tokenFrom of [{ header: 'X-Token' }, { cookie: 'at' }]) {
    for (const required of [true, false]) {
      const options = { tokenFrom, dpop: dpop({ required, replay: memoryReplayStore() }) };
      expect(() => gateWith(options)).toThrow(/^tokenFrom: leave it out: DPoP/);
    }
  }
});

test('a reported operation has the new nonce of an aging one [DP-10]', async () => {
  let now = 1_790_000_000;
  const gate = gateWith({
    clock: () => now * 1000,
    dpop: dpop({
      replay: memoryReplayStore({ clock: () => now * 1000 }),
      nonce: { keys: ['a secret of nonces, 32 bytes or more!'], lifetime: 100 },
    }),
    enforce: reportOnly(['tools/call add_note'], {
      until: new Date((now + 1e4) * 1000),
      onWarning: () => undefined,
    }),
  });
  const token = 'ray_read_key';
  const send = (nonce?: string) => {
    const claims = { iat: now, ...(nonce !== undefined && { nonce }) };
    const headers = { authorization: `DPoP ${token}`, dpop: proofOf(key, token, { claims }) };
    return gate.check(new Request(RESOURCE, init({ headers, body: call('add_note') })));
  };
  const nonceOf = ({ headers }: Awaited<ReturnType<typeof send>>): string | undefined =>
    headers.find(([name]) => name === 'DPoP-Nonce')?.[1];
  const first = await send();
  expect(events).toMatchObject([{ reason: 'use_dpop_nonce', detail: 'nonce' }]);
  const nonce = nonceOf(first);
  expect(nonceOf(await send(nonce))).toBeUndefined();
  now += 60;
  const late = await send(nonce);
  expect(late.allowed).toBe(true);
  expect(nonceOf(late)).toMatch(/^[\da-z]+\./);
  expect(events.slice(1)).toMatchObject([{ outcome: 'reported' }, { outcome: 'reported' }]);
});
