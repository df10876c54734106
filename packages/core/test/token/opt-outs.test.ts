import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { byTokenForm, createGate, httpPolicy } from '../../src/index.js';
import type { Gate, Verifier } from '../../src/index.js';
import { mcpPolicy } from '../../src/mcp/index.js';
import { clerk, genericProvider } from '../../src/providers/index.js';
import { jwtVerifier } from '../../src/token/jwt/index.js';
import type { JwtVerifierOptions, JwtWarning } from '../../src/token/jwt/index.js';
import { startIssuer } from '../support/issuer.js';
import type { TestIssuer } from '../support/issuer.js';

const RESOURCE = 'https://notes.example.com/mcp';
const OTHER = 'https://other.example.com';

let idp: TestIssuer;
beforeAll(async () => {
  idp = await startIssuer(RESOURCE);
});
afterAll(() => idp.close());

/** Milliseconds that the clock is ahead. */
let later = 0;
const clock = (): number => Date.now() + later;
const now = (): number => Math.floor(Date.now() / 1000);
beforeEach(() => {
  later = 0;
});

const WITHOUT_AUD = { dangerouslyAcceptMissingAudience: true, clientIds: ['c1', 'c2'] } as const;
const WITHOUT_EXP = { dangerouslyAcceptMissingExpiry: { maxAge: 600 } } as const;

function verifierWith(options: Partial<JwtVerifierOptions>): Verifier {
  const jwks = { keys: [idp.publicJwk] };
  return jwtVerifier({ issuer: idp.issuer, jwks, clock, onWarning: () => undefined, ...options });
}

function gateWith(options: Partial<JwtVerifierOptions>): Gate {
  const verifier = verifierWith(options);
  return createGate({ resource: RESOURCE, verifier, clock, scopes: ['notes:read'] });
}

async function statusOf(token: string, gate: Gate): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const decision = await gate.check(new Request(RESOURCE, { headers }), 'notes:read');
  return decision.allowed ? 200 : decision.status;
}

const none = undefined as never;

describe('tokens without any audience', () => {
  test.each<readonly [what: string, claims: object, status: number]>([
    ['of a listed client', { aud: none }, 200],
    ['of a listed client by azp', { aud: none, client_id: none, azp: 'c2' }, 200],
    ['of a listed client by cid', { aud: none, client_id: none, cid: 'c2' }, 200],
    ['of another client', { aud: none, client_id: 'c3' }, 401],
    ['of another client, with a listed one in azp', { aud: none, client_id: 'c3', azp: 'c1' }, 401],
    ['of no client', { aud: none, client_id: none }, 401],
    ['of an empty client', { aud: none, client_id: '' }, 401],
    ['with the right one', { aud: RESOURCE }, 200],
    ['with the right one, of another client', { aud: RESOURCE, client_id: 'c3' }, 200],
    ['with another one', { aud: OTHER }, 401],
    ['with an empty list', { aud: [] }, 401],
    ['with null', { aud: null }, 401],
    ['with an empty name', { aud: '' }, 401],
    ['with a wrong type', { aud: {} }, 401],
  ])('%s [JW-3, T65]', async (_, claims, status) => {
    const gate = gateWith(WITHOUT_AUD);
    const token = await idp.token(claims as never);
    // The second time it comes from the cache.
    for (let i = 0; i < 2; i++) expect(await statusOf(token, gate)).toBe(status);
  });

  test('are refused without the option [JW-3]', async () => {
    expect(await statusOf(await idp.token({ aud: none }), gateWith({}))).toBe(401);
  });

  test('exclusiveAudience does not matter to them', async () => {
    const gate = gateWith({ ...WITHOUT_AUD, exclusiveAudience: true });
    expect(await statusOf(await idp.token({ aud: none }), gate)).toBe(200);
    expect(await statusOf(await idp.token({ aud: [RESOURCE, OTHER] }), gate)).toBe(401);
  });
});

test.each(['api://notes', ['api://notes', RESOURCE]])(
  'the audiences %j may be named beside it',
  async (audience) => {
    const gate = gateWith({ ...WITHOUT_AUD, audience });
    expect(await statusOf(await idp.token({ aud: none }), gate)).toBe(200);
    expect(await statusOf(await idp.token({ aud: 'api://notes' }), gate)).toBe(200);
    expect(await statusOf(await idp.token({ aud: OTHER }), gate)).toBe(401);
  },
);

describe('tokens without exp', () => {
  test.each<readonly [what: string, claims: () => object, status: number]>([
    ['just issued', () => ({ exp: none }), 200],
    ['nearly too old', () => ({ exp: none, iat: now() - 600 }), 200],
    ['too old, also with the tolerance', () => ({ exp: none, iat: now() - 640 }), 401],
    ['without iat', () => ({ exp: none, iat: none }), 401],
    ['of the future', () => ({ exp: none, iat: now() + 3600 }), 401],
    ['with an iat in milliseconds', () => ({ exp: none, iat: Date.now() }), 401],
    ['with an iat that is no number', () => ({ exp: none, iat: String(now()) }), 401],
    ['with null', () => ({ exp: null }), 401],
    ['with zero', () => ({ exp: 0 }), 401],
    ['with a text', () => ({ exp: 'never' }), 401],
    ['expired by exp, although issued just now', () => ({ exp: now() - 60 }), 401],
    ['with exp, however old', () => ({ exp: now() + 60, iat: now() - 9_999 }), 200],
  ])('%s [JW-1]', async (_, claims, status) => {
    const gate = gateWith(WITHOUT_EXP);
    const token = await idp.token(claims() as never);
    for (let i = 0; i < 2; i++) expect(await statusOf(token, gate)).toBe(status);
  });

  test('are refused without the option [JW-1]', async () => {
    expect(await statusOf(await idp.token({ exp: none }), gateWith({}))).toBe(401);
  });

  test('expire while they are cached, and the caller knows when [JW-1]', async () => {
    const gate = gateWith({ ...WITHOUT_EXP, clockTolerance: 0 });
    const iat = now() - 100;
    const token = await idp.token({ exp: none, iat });
    const headers = { authorization: `Bearer ${token}` };
    const decision = await gate.check(new Request(RESOURCE, { headers }), 'notes:read');
    expect(decision.allowed && decision.auth?.expiresAt).toBe(iat + 600);
    later = 490_000;
    expect(await statusOf(token, gate)).toBe(200);
    later = 510_000;
    expect(await statusOf(token, gate)).toBe(401);
  });

  test('who acts is still said by identify', async () => {
    const identify = () => ({ subject: 'tom', kind: 'user' }) as const;
    const gate = gateWith({ ...WITHOUT_EXP, identify });
    const headers = { authorization: `Bearer ${await idp.token({ exp: none })}` };
    const decision = await gate.check(new Request(RESOURCE, { headers }), 'notes:read');
    expect(decision.allowed && decision.auth?.subject).toBe('tom');
  });
});

test('each opt-out is loud: a warning at construction', () => {
  const warnings: JwtWarning[] = [];
  const onWarning = (warning: JwtWarning): void => void warnings.push(warning);
  verifierWith({ ...WITHOUT_AUD, ...WITHOUT_EXP, onWarning });
  expect(warnings).toEqual([
    {
      code: 'audience_optional',
      message:
        'tokens without any audience are accepted from c1 c2: each service that gets one can use it here',
    },
    {
      code: 'expiry_optional',
      message: 'tokens without exp are accepted for 600 seconds after iat',
    },
  ]);
});

test.each<readonly [options: object, message: string]>([
  [{ dangerouslyAcceptMissingAudience: true }, 'clientIds: expected a list beside'],
  [{ clientIds: ['a'] }, 'clientIds: expected a list beside'],
  [{ dangerouslyAcceptMissingAudience: false, clientIds: ['a'] }, 'clientIds: expected a list'],
  [{ ...WITHOUT_AUD, clientIds: [] }, 'clientIds: expected at least one'],
  [{ ...WITHOUT_AUD, clientIds: [''] }, 'clientIds: expected at least one'],
  [{ ...WITHOUT_AUD, dangerouslyAcceptMissingAudience: 'true' }, 'expected a boolean'],
  [
    { ...WITHOUT_AUD, audience: { mode: 'observe', until: '2030-01-01' } },
    'audience: expected names',
  ],
  [{ dangerouslyAcceptMissingExpiry: true }, 'expected an object'],
  [{ dangerouslyAcceptMissingExpiry: {} }, 'maxAge: expected a number of seconds'],
  [{ dangerouslyAcceptMissingExpiry: { maxAge: 0 } }, 'maxAge: expected a number of seconds'],
  [{ dangerouslyAcceptMissingExpiry: { maxAge: Infinity } }, 'maxAge: expected a number'],
  [{ dangerouslyAcceptMissingExpiry: { maxAge: '600' } }, 'maxAge: expected a number of seconds'],
  [{ dangerouslyAcceptMissingExpiry: { maxAge: 600, max: 1 } }, 'max: unknown option'],
])('%j is refused: %s', (options, message) => {
  expect(() => verifierWith(options)).toThrow(TypeError);
  expect(() => verifierWith(options)).toThrow(/^jwtVerifier\.\w+/);
  expect(() => verifierWith(options)).toThrow(message);
});

describe('beside mcpPolicy both are a TypeError, however the verifier is wrapped', () => {
  const mcp = mcpPolicy(['notes:read'], { tools: { read_notes: 'notes:read' } });
  const http = httpPolicy([{ method: 'GET', path: '/mcp', rule: 'notes:read' }]);
  const ways: readonly (readonly [how: string, make: (v: Verifier) => object])[] = [
    ['alone', (verifier) => ({ verifier })],
    ['in byTokenForm', (jwt) => ({ verifier: byTokenForm({ jwt, opaque: () => undefined }) })],
    [
      'in byTokenForm, for opaque tokens',
      (opaque) => ({ verifier: byTokenForm({ jwt: opaque, opaque }) }),
    ],
    ['in a provider', (opaque) => ({ provider: clerk({ domain: 'clerk.test', opaque }) })],
  ];
  const optOuts: readonly (readonly [name: string, options: object])[] = [
    ['dangerouslyAcceptMissingAudience', WITHOUT_AUD],
    ['dangerouslyAcceptMissingExpiry', WITHOUT_EXP],
  ];
  test.each(ways.flatMap(([how, make]) => optOuts.map((row) => [how, make, ...row] as const)))(
    '%s [JW-3]',
    (_, make, name, options) => {
      const given = { resource: RESOURCE, scopes: ['notes:read'], ...make(verifierWith(options)) };
      expect(() => createGate({ ...given, policy: mcp })).toThrow(TypeError);
      expect(() => createGate({ ...given, policy: mcp })).toThrow(
        `verifier.${name}: is not allowed`,
      );
      expect(() => createGate({ ...given, policy: http })).not.toThrow();
      expect(() => createGate(given)).not.toThrow();
    },
  );

  test('a provider of its own options', () => {
    const options = {
      issuer: idp.issuer,
      jwks: { keys: [idp.publicJwk] },
      onWarning: () => undefined,
    };
    for (const [name, optOut] of optOuts) {
      const provider = genericProvider({ ...options, ...optOut });
      const make = () =>
        createGate({ resource: RESOURCE, scopes: ['notes:read'], provider, policy: mcp });
      expect(make).toThrow(`verifier.${name}: is not allowed beside mcpPolicy`);
    }
    const strict = genericProvider(options);
    expect(() =>
      createGate({ resource: RESOURCE, scopes: ['notes:read'], provider: strict, policy: mcp }),
    ).not.toThrow();
  });
});
