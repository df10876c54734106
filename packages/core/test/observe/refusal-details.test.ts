/** Why a token is refused: in events, never on the wire, and without any part of the token. */
import { createLocalJWKSet, importJWK, jwtVerify } from 'jose';
import type { JWK } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvalidTokenError, byTokenForm, createGate, staticTokens } from '../../src/index.js';
import type { DecisionEvent, Gate, GateOptions, Verifier } from '../../src/index.js';
import { dpop, memoryReplayStore } from '../../src/token/dpop/index.js';
import { introspectionVerifier } from '../../src/token/introspection/index.js';
import { jwtVerifier } from '../../src/token/jwt/index.js';
import type { JwtVerifier } from '../../src/token/jwt/index.js';
import { startIntrospectionEndpoint } from '../support/introspection-endpoint.js';
import type { IntrospectionEndpoint } from '../support/introspection-endpoint.js';
import { startIssuer } from '../support/issuer.js';
import type { TestIssuer } from '../support/issuer.js';
import { mintTokens } from '../support/tokens.js';
import type { TokenKind, Tokens } from '../support/tokens.js';

const RESOURCE = 'https://notes.example.com/mcp';

let idp: TestIssuer;
let other: TestIssuer;
let endpoint: IntrospectionEndpoint;
let tokens: Tokens;
let jwt: JwtVerifier;
beforeAll(async () => {
  [idp, other, endpoint] = await Promise.all([
    startIssuer(RESOURCE),
    startIssuer(RESOURCE),
    startIntrospectionEndpoint(),
  ]);
  tokens = await mintTokens({ issuer: idp, other, dead: other });
  jwt = jwtVerifier({ issuer: idp.issuer, allowInsecureLoopback: true });
});
afterAll(() => Promise.all([idp.close(), other.close(), endpoint.close()]));

interface Watched {
  readonly gate: Gate;
  readonly events: DecisionEvent[];
}

function watched(verifier: Verifier, options: Partial<GateOptions> = {}): Watched {
  const events: DecisionEvent[] = [];
  const gate = createGate({
    ...{ resource: RESOURCE, verifier, scopes: ['notes:read'] },
    onDecision: (event) => void events.push(event),
    ...options,
  });
  return { gate, events };
}

/** Sends a token twice, so that caches answer the second time, and returns the detail of both events. */
async function detailOf(
  { gate, events }: Watched,
  token: string,
): Promise<Pick<DecisionEvent, 'detail' | 'expected' | 'found'>> {
  const from = events.length;
  const bodies = new Set<string>();
  for (const _time of [1, 2]) {
    const headers = { authorization: `Bearer ${token}` };
    const decision = await gate.check(new Request(RESOURCE, { headers }), 'notes:read');
    if (decision.allowed) throw new Error('the token was accepted');
    expect(decision.status).toBe(401);
    bodies.add(decision.body);
    expect(decision.headers.join()).toContain(
      'error_description="The access token is invalid or expired"',
    );
  }
  const seen = events.slice(from);
  expect(seen).toHaveLength(2);
  const details = seen.map(({ detail, expected, found }) => ({
    detail,
    ...(expected !== undefined && { expected }),
    ...(found !== undefined && { found }),
  }));
  expect(details[0]).toEqual(details[1]);
  expect(bodies.size).toBe(1);
  return details[0] as Pick<DecisionEvent, 'detail'>;
}

const TIME = [expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)];

describe('a refused JWT', () => {
  type Row = readonly [TokenKind, string, (() => unknown) | undefined, unknown];
  const accepted = (): unknown => [RESOURCE];
  const issuer = (): unknown => [idp.issuer];
  const algorithms = (): unknown => expect.arrayContaining(['ES256']) as unknown;
  const type = (): unknown => ['at+jwt'];
  test.each<Row>([
    ['expired', 'expired', undefined, TIME],
    ['noExpiry', 'expired', undefined, ['none']],
    ['expiryAsText', 'expired', undefined, [expect.stringMatching(/^\d+$/)]],
    ['notYet', 'not_yet_valid', undefined, TIME],
    ['wrongAudience', 'audience', accepted, ['https://other.example.com/mcp']],
    ['noAudience', 'audience', accepted, ['none']],
    ['mixedAudience', 'audience', accepted, [RESOURCE, 'a number']],
    ['wrongIssuer', 'issuer', issuer, [expect.stringMatching(/^http:/)]],
    ['issuerWithSlash', 'issuer', issuer, [expect.stringMatching(/\/$/)]],
    ['idToken', 'type', type, ['JWT']],
    ['noTyp', 'type', type, ['none']],
    ['algNone', 'form', undefined, undefined],
    ['hs256Pem', 'algorithm', algorithms, ['HS256']],
    ['tampered', 'signature', undefined, undefined],
    ['foreignKey', 'signature', undefined, undefined],
    ['critical', 'form', undefined, undefined],
    ['boundToKey', 'binding', undefined, undefined],
    ['boundToCertificate', 'binding', undefined, undefined],
    ['numberSubject', 'claims', () => [], ['sub']],
    ['listedClient', 'claims', () => [], ['client_id']],
    ['fiveParts', 'form', undefined, undefined],
    ['garbage', 'form', undefined, undefined],
  ])('%s: %s [T191]', async (kind, detail, expected, found) => {
    expect(await detailOf(watched(jwt), tokens[kind])).toEqual({
      detail,
      ...(expected !== undefined && { expected: expected() }),
      ...(found !== undefined && { found }),
    });
  });

  const another = { detail: 'type', expected: ['access token'] };
  test.each<readonly [claims: Record<string, unknown>, expected: object]>([
    [{ typ: 'ID' }, { ...another, found: ['typ'] }],
    [{ token_use: 'id' }, { ...another, found: ['token_use'] }],
    [{ at_hash: 'x' }, { ...another, found: ['at_hash'] }],
    [{ c_hash: 'x' }, { ...another, found: ['c_hash'] }],
    [{ events: {} }, { ...another, found: ['events'] }],
    [
      { typ: 'ID', events: {} },
      { ...another, found: ['typ', 'events'] },
    ],
    [{ iat: 'yesterday' }, { detail: 'claims', found: ['iat'] }],
    [{ iat: [1] }, { detail: 'claims', found: ['iat'] }],
  ])('the claims %j: by their names alone [T66, T191]', async (claims, expected) => {
    expect(await detailOf(watched(jwt), await idp.token(claims))).toEqual(expected);
  });

  test('where a token may have no `typ`, the message says so [T191]', async () => {
    const verifier = jwtVerifier({
      ...{ issuer: idp.issuer, typ: ['JWT', null], allowInsecureLoopback: true },
    });
    expect(await detailOf(watched(verifier), await idp.token())).toEqual({
      detail: 'type',
      expected: ['jwt', 'none'],
      found: ['at+jwt'],
    });
  });

  test('the keys of a function of jose: none fits, or the signature is wrong [T191]', async () => {
    const jwks = createLocalJWKSet({ keys: [idp.publicJwk as JWK] });
    const verifier = jwtVerifier({ issuer: idp.issuer, jwks });
    const unknown = await idp.token({}, { kid: 'another' });
    expect(await detailOf(watched(verifier), unknown)).toEqual({ detail: 'key_unknown' });
    expect(await detailOf(watched(verifier), tokens.tampered)).toEqual({ detail: 'signature' });
    // The verifier answers for itself: it does not leave the errors of jose to the gate.
    const context = { resource: RESOURCE, signal: new AbortController().signal };
    for (const token of [unknown, tokens.tampered]) {
      expect(await verifier(token, context)).toBeUndefined();
    }
  });

  test('a key id that the issuer does not have, and one that it has', async () => {
    const unknown = await idp.token({}, { kid: 'another' });
    const verifier = jwtVerifier({ issuer: idp.issuer, allowInsecureLoopback: true });
    expect(await detailOf(watched(verifier), unknown)).toEqual({ detail: 'key_unknown' });
  });

  test('revoked, by a predicate', async () => {
    const token = await idp.token({ jti: 'gone' });
    const verifier = jwtVerifier({ issuer: idp.issuer, allowInsecureLoopback: true });
    verifier.revoke(({ jti }) => jti === 'gone');
    expect(await detailOf(watched(verifier), token)).toEqual({ detail: 'revoked' });
  });

  test('expired while it is in the cache', async () => {
    let now = Date.now();
    const clock = (): number => now;
    const verifier = jwtVerifier({ issuer: idp.issuer, allowInsecureLoopback: true, clock });
    const one = watched(verifier, { clock });
    const token = await idp.token();
    const headers = { authorization: `Bearer ${token}` };
    const first = await one.gate.check(new Request(RESOURCE, { headers }), 'notes:read');
    expect(first.allowed).toBe(true);
    now += 3_600_000;
    expect(await detailOf(one, token)).toEqual({ detail: 'expired', found: TIME });
  });

  test('what failed only after the keys were fetched, and not always the expiry', async () => {
    const start = Date.now();
    let now = start;
    const verifier = jwtVerifier({
      ...{ issuer: idp.issuer, clock: () => now, cache: false, onWarning: () => undefined },
      audience: { mode: 'observe', until: new Date(start + 10_000) },
      jwks: async () => {
        now = start + 20_000;
        return importJWK(idp.publicJwk, 'ES256');
      },
      allowInsecureLoopback: true,
    });
    const { gate, events } = watched(verifier, { clock: () => now });
    const token = await idp.token({ aud: 'https://other.example.com' });
    const headers = { authorization: `Bearer ${token}` };
    await gate.check(new Request(RESOURCE, { headers }), 'notes:read');
    expect(events).toMatchObject([
      { detail: 'audience', expected: [RESOURCE], found: ['https://other.example.com'] },
    ]);
  });

  test('malformed actors, where another audience is observed', async () => {
    const verifier = jwtVerifier({
      ...{ issuer: idp.issuer, allowInsecureLoopback: true, onWarning: () => undefined },
      audience: { mode: 'observe', until: new Date(Date.now() + 600_000) },
    });
    const token = await idp.token({ aud: 'https://other.example.com', act: 'no object' });
    expect(await detailOf(watched(verifier), token)).toEqual({ detail: 'claims' });
  });

  test('callers that wait for the same verification all get the reason', async () => {
    const { gate, events } = watched(
      jwtVerifier({ issuer: idp.issuer, allowInsecureLoopback: true }),
    );
    const headers = { authorization: `Bearer ${tokens.tampered}` };
    const ask = () => gate.check(new Request(RESOURCE, { headers }), 'notes:read');
    await Promise.all([ask(), ask(), ask()]);
    expect(events.map(({ detail }) => detail)).toEqual(['signature', 'signature', 'signature']);
  });
});

describe('an introspected token', () => {
  test.each<readonly [answer: object, expected: object]>([
    [{ active: false }, { detail: 'inactive' }],
    [{ active: true }, { detail: 'audience', expected: [RESOURCE], found: ['none'] }],
    [
      { active: true, aud: 'https://other.example.com' },
      { detail: 'audience', expected: [RESOURCE], found: ['https://other.example.com'] },
    ],
    [
      { active: true, aud: RESOURCE, exp: 0 },
      { detail: 'expired', found: ['1970-01-01T00:00:00.000Z'] },
    ],
    [
      { active: true, aud: RESOURCE, nbf: 4e9 },
      { detail: 'not_yet_valid', found: TIME },
    ],
    [
      { active: true, aud: RESOURCE, token_type: 'refresh_token' },
      { detail: 'type', expected: ['access token'], found: ['refresh_token'] },
    ],
    [{ active: true, aud: RESOURCE, cnf: { jkt: 'x' } }, { detail: 'binding' }],
    [
      { active: true, aud: RESOURCE, iss: 'https://x.example.com' },
      { detail: 'issuer', found: ['https://x.example.com'] },
    ],
  ])('%j: %j', async (answer, expected) => {
    endpoint.answer(answer);
    const verifier = introspectionVerifier({
      ...{ endpoint: endpoint.url, issuer: endpoint.origin, clientId: 'notes' },
      clientAuthentication: { method: 'client_secret_post', secret: 'a-secret-of-the-service' },
      allowInsecureLoopback: true,
    });
    expect(await detailOf(watched(verifier), 'opaque-token-of-some-length')).toEqual({
      ...('detail' in expected && expected.detail === 'issuer' && { expected: [endpoint.origin] }),
      ...expected,
    });
  });

  test.each<readonly [what: string, token: string, answer: object, expected: object]>([
    [
      'an issuer that is no text, where none is set',
      'opaque-token-of-some-length',
      { iss: 7 },
      { detail: 'issuer', found: ['a number'] },
    ],
    [
      'two marks of another kind',
      'opaque-token-of-some-length',
      { token_use: 'refresh', typ: 'Refresh' },
      { detail: 'type', expected: ['access token'], found: ['refresh', 'Refresh'] },
    ],
    ['a text that no pattern fits', 'another-token-of-some-length', {}, { detail: 'form' }],
  ])('%s', async (_what, token, answer, expected) => {
    endpoint.answer({ active: true, aud: RESOURCE, ...answer });
    const verifier = introspectionVerifier({
      ...{ endpoint: endpoint.url, clientId: 'notes', tokenPattern: /opaque-.*/ },
      clientAuthentication: { method: 'client_secret_post', secret: 'a-secret-of-the-service' },
      allowInsecureLoopback: true,
    });
    expect(await detailOf(watched(verifier), token)).toEqual(expected);
  });
});

describe('other verifiers', () => {
  const bearer = 'a-token-of-some-length-for-this';
  test.each<readonly [name: string, verifier: () => Verifier, detail: string]>([
    ['staticTokens', () => staticTokens({ 'dev-token': { scopes: [] } }), 'unknown'],
    [
      'byTokenForm',
      () => byTokenForm({ jwt, opaque: staticTokens({ a: { scopes: [] } }) }),
      'unknown',
    ],
    ['one that returns nothing', () => () => undefined, 'other'],
    [
      'InvalidTokenError',
      () => () => {
        throw new InvalidTokenError(`no session ${bearer}`);
      },
      'other',
    ],
    ['expiresAt in the past', () => () => ({ scopes: [], expiresAt: 1 }), 'expired'],
    ['another audience', () => () => ({ scopes: [], audience: 'https://x.example' }), 'audience'],
    ['cnf', () => () => ({ claims: { cnf: {} } }), 'binding'],
    ['a numeric sub', () => () => ({ claims: { sub: 7 } }), 'claims'],
    [
      'explain',
      () =>
        (_token, { explain }) => {
          explain?.({ detail: 'expired', found: [bearer, 'x'.repeat(500), 'a\nb'] });
          return undefined;
        },
      'expired',
    ],
    [
      'explain with what is no detail',
      () =>
        (_token, { explain }) => {
          explain?.(`Bearer ${bearer}` as never);
          return undefined;
        },
      'other',
    ],
  ])('%s', async (_name, verifier, detail) => {
    const one = watched(verifier());
    expect(await detailOf(one, bearer)).toMatchObject({ detail });
    expect(JSON.stringify(one.events)).not.toContain(bearer.slice(0, 16));
    for (const text of one.events.flatMap(({ found = [] }) => found)) {
      expect(text).toMatch(/^[ -~]{0,200}$/);
    }
  });

  test.each<readonly [kind: TokenKind, detail: string]>([
    ['expired', 'expired'],
    ['notYet', 'not_yet_valid'],
    ['wrongAudience', 'audience'],
    ['wrongIssuer', 'issuer'],
    ['tampered', 'signature'],
    ['hs256Pem', 'algorithm'],
    ['garbage', 'form'],
  ])('jose and jsonwebtoken, %s: %s', async (kind, detail) => {
    const key = await importJWK(idp.publicJwk, 'ES256');
    const { createPublicKey } = await import('node:crypto');
    const pem = createPublicKey({ key: idp.publicJwk as never, format: 'jwk' })
      .export({ type: 'spki', format: 'pem' })
      .toString();
    const expected = { audience: RESOURCE, issuer: idp.issuer };
    const verifiers: Verifier[] = [
      // A foreign token fails its signature first, so its issuer's key is not asked for here.
      (token) => jwtVerify(token, key, { ...expected, algorithms: ['ES256'] }),
      (token) => ({
        payload: jsonwebtoken.verify(token, pem, { ...expected, algorithms: ['ES256'] }) as never,
      }),
    ];
    for (const verifier of verifiers) {
      const found = await detailOf(watched(verifier), tokens[kind]);
      expect(found.detail).toBe(kind === 'wrongIssuer' ? 'signature' : detail);
    }
  });
});

describe('requests without a token that can be verified', () => {
  test.each<readonly [header: string, event: object]>([
    ['Bearer a,b', { reason: 'malformed_credentials', status: 400 }],
    ['Bearer not a token', { reason: 'invalid_token', detail: 'form' }],
    ['a-token-without-the-word-bearer', { reason: 'no_credentials', detail: 'scheme' }],
    ['Basic dXNlcjpwYXNzd29yZA==', { reason: 'no_credentials', detail: 'scheme' }],
  ])('%s', async (authorization, event) => {
    const { gate, events } = watched(jwt);
    await gate.check(new Request(RESOURCE, { headers: { authorization } }), 'notes:read');
    expect(events).toMatchObject([event]);
    expect(JSON.stringify(events)).not.toMatch(/dXNl|without-the/);
  });

  const optional = dpop({ replay: memoryReplayStore() });
  const required = dpop({ replay: memoryReplayStore(), required: true });
  /** The same gate, watched and not: what is refused does not depend on it. */
  const both = (options: Partial<GateOptions>): { gates: Gate[]; events: DecisionEvent[] } => {
    const { gate, events } = watched(jwt, options);
    const unwatched = createGate({
      ...{ resource: RESOURCE, verifier: jwt, scopes: ['notes:read'] },
      ...options,
    });
    return { gates: [gate, unwatched], events };
  };
  test.each<readonly [authorization: string, options: Partial<GateOptions>, expected: string[]]>([
    ['Basic dXNlcjpwYXNzd29yZA==', {}, ['Bearer']],
    ['Basic dXNlcjpwYXNzd29yZA==', { dpop: optional }, ['Bearer', 'DPoP']],
    ['Basic dXNlcjpwYXNzd29yZA==', { dpop: required }, ['DPoP']],
    ['DPoP some-token', {}, ['Bearer']],
    ['Bearer some-token', { dpop: required }, ['DPoP']],
  ])('%s: the schemes that the gate takes, %#', async (authorization, options, expected) => {
    const { gates, events } = both(options);
    for (const gate of gates) {
      const request = new Request(RESOURCE, { headers: { authorization } });
      const decision = await gate.check(request, 'notes:read');
      expect(decision).toMatchObject({ status: 401, reason: 'no_credentials' });
    }
    expect(events).toMatchObject([{ detail: 'scheme' }]);
    expect(events[0]?.expected).toEqual(expected);
  });

  test('a proof that is missing, whether somebody watches or not', async () => {
    const { gates, events } = both({ dpop: required });
    for (const gate of gates) {
      const headers = { authorization: 'DPoP some-token' };
      const decision = await gate.check(new Request(RESOURCE, { headers }), 'notes:read');
      expect(decision).toMatchObject({ status: 401, reason: 'invalid_dpop_proof' });
    }
    expect(events).toMatchObject([{ status: 401, reason: 'invalid_dpop_proof' }]);
  });

  test('allowed: no detail', async () => {
    const { gate, events } = watched(jwt);
    const headers = { authorization: `Bearer ${tokens.reader}` };
    await gate.check(new Request(RESOURCE, { headers }), 'notes:read');
    expect(events[0]).not.toHaveProperty('detail');
  });

  test('without onDecision, no verifier is asked to explain', async () => {
    const asked: unknown[] = [];
    const gate = createGate({
      ...{ resource: RESOURCE, scopes: ['notes:read'] },
      verifier: (_token, { explain }) => void asked.push(explain),
    });
    const headers = { authorization: 'Bearer x' };
    await gate.check(new Request(RESOURCE, { headers }), 'notes:read');
    expect(asked).toEqual([undefined]);
  });
});
