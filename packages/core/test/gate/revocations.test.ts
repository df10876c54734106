/** The gate's option `revocations`: asked on each use of each token, whatever verified it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { byTokenForm, createGate, fromSdkVerifier } from '../../src/index.js';
import { memoryRevocations } from '../../src/token/revocations/index.js';
import { staticTokens, toSdkVerifier } from '../../src/index.js';
import type { Revocation, Revocations, Verifier } from '../../src/index.js';
import { genericProvider } from '../../src/providers/index.js';
import { introspectionVerifier } from '../../src/token/introspection/index.js';
import { jwtVerifier } from '../../src/token/jwt/index.js';
import { startIntrospectionEndpoint } from '../support/introspection-endpoint.js';
import type { IntrospectionEndpoint } from '../support/introspection-endpoint.js';
import { startIssuer } from '../support/issuer.js';
import type { TestIssuer } from '../support/issuer.js';

const RESOURCE = 'https://notes.example.com/mcp';

let issuer: TestIssuer;
let endpoint: IntrospectionEndpoint;
beforeAll(async () => {
  issuer = await startIssuer(RESOURCE);
  endpoint = await startIntrospectionEndpoint();
  const facts = { sub: 'ray', client_id: 'c1', scope: 'notes:read', jti: 'opaque' };
  endpoint.answer({ active: true, aud: RESOURCE, exp: Date.now() / 1000 + 300, ...facts });
});
afterAll(async () => {
  await issuer.close();
  await endpoint.close();
});

const introspecting = (): Verifier =>
  introspectionVerifier({
    ...{ endpoint: endpoint.url, clientId: 'api', allowInsecureLoopback: true },
    clientAuthentication: { method: 'client_secret_basic', secret: 's' },
  });
const jwt = (): Verifier => jwtVerifier({ issuer: issuer.issuer, allowInsecureLoopback: true });
const facts = { scopes: ['notes:read'], subject: 'ray', clientId: 'c1' };

/** Each kind of verifier, with a token of `ray`. The caches are warm when the token is revoked. */
const VERIFIERS: Readonly<Record<string, () => readonly [Verifier, string | Promise<string>]>> = {
  jwtVerifier: () => [jwt(), issuer.token()],
  'jwtVerifier without a cache': () => [
    jwtVerifier({ issuer: issuer.issuer, allowInsecureLoopback: true, cache: false }),
    issuer.token(),
  ],
  introspectionVerifier: () => [introspecting(), 'opaque'],
  'byTokenForm, a JWT': () => [
    byTokenForm({ jwt: jwt(), opaque: introspecting() }),
    issuer.token(),
  ],
  'byTokenForm, opaque': () => [byTokenForm({ jwt: jwt(), opaque: introspecting() }), 'opaque'],
  staticTokens: () => [staticTokens({ 'dev-token': facts }), 'dev-token'],
  fromSdkVerifier: () => [
    fromSdkVerifier({
      verifyAccessToken: async () => ({
        ...{ clientId: 'c1', scopes: ['notes:read'], expiresAt: Date.now() / 1000 + 300 },
        extra: { sub: 'ray' },
      }),
    }),
    'sdk',
  ],
  'a function that returns facts': () => [() => facts, 'own'],
  'a function that returns claims': () => [
    async () => ({ claims: { sub: 'ray', client_id: 'c1', scope: 'notes:read' } }),
    'own',
  ],
};

const ask = (token: string): Request =>
  new Request(RESOURCE, { headers: { authorization: `Bearer ${token}` } });
const until = Math.floor(Date.now() / 1000) + 3600;

describe.each(Object.entries(VERIFIERS))('%s', (_name, make) => {
  test.each<Revocation>([{ subject: 'ray' }, { clientId: 'c1' }, { issuedBefore: until }])(
    'refuses a token that was verified before: %o',
    async (revocation) => {
      const [verifier, given] = make();
      const token = await given;
      const revocations = memoryRevocations();
      const gate = createGate({
        resource: RESOURCE,
        verifier,
        scopes: ['notes:read'],
        revocations,
      });
      for (let round = 0; round < 3; round++) {
        expect(await gate.check(ask(token), 'notes:read')).toMatchObject({ allowed: true });
      }
      void revocations.revoke({ subject: 'someone else' }, { until });
      expect(await gate.check(ask(token), 'notes:read')).toMatchObject({ allowed: true });
      void revocations.revoke(revocation, { until });
      for (let round = 0; round < 3; round++) {
        const refusal = { allowed: false, status: 401, reason: 'invalid_token' };
        expect(await gate.check(ask(token), 'notes:read')).toMatchObject(refusal);
      }
    },
  );
});

test('a verifier is not asked in vain: the answer for a revoked token is that for a bad one', async () => {
  const revocations = memoryRevocations();
  const gate = createGate({
    ...{ resource: RESOURCE, scopes: ['notes:read'], revocations },
    verifier: (token) => (token === 'good' ? facts : undefined),
  });
  void revocations.revoke({ subject: 'ray' }, { until });
  const revoked = await gate.check(ask('good'), 'notes:read');
  expect(JSON.stringify(revoked)).toBe(JSON.stringify(await gate.check(ask('bad'), 'notes:read')));
});

test('a provider, and the verifier for an SDK', async () => {
  const revocations = memoryRevocations();
  const provider = genericProvider({ issuer: issuer.issuer, allowInsecureLoopback: true });
  const gate = createGate({ resource: RESOURCE, provider, scopes: ['notes:read'], revocations });
  class InvalidTokenError extends Error {
    readonly errorCode = 'invalid_token';
  }
  const sdk = toSdkVerifier(gate, { InvalidTokenError });
  const token = await issuer.token();
  expect(await sdk.verifyAccessToken(token)).toMatchObject({ subject: 'ray' });
  void revocations.revoke({ issuer: issuer.issuer, subject: 'ray' }, { until });
  await expect(sdk.verifyAccessToken(token)).rejects.toThrow(InvalidTokenError);
});

/** What a list may answer instead of a boolean. `true` refuses too, with 401. */
const FAULTS: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new Error('the connection is lost');
  },
  'throws what says "invalid"': () => {
    throw Object.assign(new Error('lost'), { name: 'OtherError' });
  },
  rejects: () => Promise.reject(new Error('lost')),
  hangs: () => new Promise(() => {}),
  'resolves to false': async () => false,
  'returns undefined': () => undefined,
  'returns null': () => null,
  'returns 0': () => 0,
  'returns an empty string': () => '',
  'returns an object': () => new Map(),
};

describe.each(['at once', 'later'])(
  'a list that cannot tell, a verifier that answers %s',
  (when) => {
    test.each(Object.entries(FAULTS))('%s: 503, never admitted [T90]', async (_how, fault) => {
      const errors: unknown[] = [];
      const revocations: Revocations = {
        isRevoked: fault as never,
        revoke: () => {},
        onRevoked: () => () => {},
      };
      const gate = createGate({
        ...{ resource: RESOURCE, scopes: ['notes:read'], revocations },
        verifier: when === 'later' ? async () => facts : () => facts,
        onError: (error) => errors.push(error),
      });
      const decision = await gate.check(ask('t'), 'notes:read');
      expect(decision).toMatchObject({
        allowed: false,
        status: 503,
        reason: 'verifier_unavailable',
      });
      expect(errors).toHaveLength(1);
      // A request without a token does not ask the list.
      expect(await gate.check(new Request(RESOURCE), 'notes:read')).toMatchObject({ status: 401 });
    });
  },
);

test.each([{}, [], 'x', () => true, { isRevoked: true }])('%o is refused', (revocations) => {
  const options = { resource: RESOURCE, verifier: () => facts, scopes: ['notes:read'] };
  expect(() => createGate({ ...options, revocations } as never)).toThrow(/^revocations: /);
});
