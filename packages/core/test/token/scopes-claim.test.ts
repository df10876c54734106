import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authenticated, createGate } from '../../src/index.js';
import type { GateOptions } from '../../src/index.js';
import { introspectionVerifier } from '../../src/token/introspection/index.js';
import { jwtVerifier } from '../../src/token/jwt/index.js';
import { genericProvider } from '../../src/providers/index.js';
import { startIssuer } from '../support/issuer.js';
import type { TestIssuer } from '../support/issuer.js';

const RESOURCE = 'https://notes.example.com/mcp';

let idp: TestIssuer;
beforeAll(async () => {
  idp = await startIssuer(RESOURCE);
});
afterAll(() => idp.close());

type Claim = { readonly scopesClaim?: string | readonly string[] };
type Made = Pick<GateOptions<'x'>, 'verifier' | 'provider'>;

/** The claims of the token that the introspection endpoint is asked about. */
let asked: object = {};

const MAKERS: readonly (readonly [name: string, make: (claim: Claim) => Made])[] = [
  [
    'jwtVerifier',
    (claim) => ({
      verifier: jwtVerifier({ issuer: idp.issuer, jwks: { keys: [idp.publicJwk] }, ...claim }),
    }),
  ],
  [
    'genericProvider',
    (claim) => ({
      provider: genericProvider({ issuer: idp.issuer, jwks: { keys: [idp.publicJwk] }, ...claim }),
    }),
  ],
  [
    'introspectionVerifier',
    (claim) => ({
      verifier: introspectionVerifier({
        endpoint: 'https://idp.test/introspect',
        clientId: 'api',
        clientAuthentication: { method: 'client_secret_basic', secret: 's' },
        fetch: async () => Response.json({ active: true, aud: RESOURCE, ...asked }),
        ...claim,
      }),
    }),
  ],
];

describe.each(MAKERS)('%s', (_, make) => {
  const scopesOf = async (claims: object, claim: Claim): Promise<readonly string[] | string> => {
    asked = claims;
    const token = await idp.token(claims as never);
    const headers = { authorization: `Bearer ${token}` };
    const gate = createGate({ resource: RESOURCE, scopes: ['x'], ...make(claim) });
    let scopes: readonly string[] | string = 'refused';
    // The second time it comes from the cache.
    for (let i = 0; i < 2; i++) {
      const decision = await gate.check(new Request(RESOURCE, { headers }), authenticated());
      scopes = decision.allowed ? (decision.auth?.scopes ?? []) : decision.reason;
    }
    return scopes;
  };

  test.each<
    readonly [claims: object, scopesClaim: Claim['scopesClaim'], expected: readonly string[]]
  >([
    [{ scope: 'a', permissions: ['b', 'c'] }, 'permissions', ['b', 'c']],
    [{ scope: 'a', permissions: 'b c' }, 'permissions', ['b', 'c']],
    [{ scope: 'a', 'https://x.test/scopes': ['b'] }, 'https://x.test/scopes', ['b']],
    [{ scope: 'a', scopes: 'b' }, ['permissions', 'scopes'], ['b']],
    [{ scope: 'a', permissions: ['c'], scopes: 'b' }, ['permissions', 'scopes'], ['c']],
    // Nothing falls through to another claim: not from a wrong type, not from an absent one.
    [{ scope: 'a' }, 'permissions', []],
    [{ scope: 'a', permissions: { b: true } }, 'permissions', []],
    [{ scope: 'a', permissions: ['b', 7] }, 'permissions', []],
    [{ scope: 'a', permissions: null, scopes: 'b' }, ['permissions', 'scopes'], []],
    [{ scope: 'a' }, '__proto__', []],
    [{ scope: 'a' }, 'constructor', []],
    [{ scope: 'a', permissions: ['b'] }, undefined, ['a']],
    [{ scope: 'a', permissions: ['b'] }, ['permissions', 'scope'], ['b']],
    [{ scope: 'a' }, ['permissions', 'scope'], ['a']],
  ])('%j with %j [SC-8]', async (claims, scopesClaim, expected) => {
    const option = scopesClaim === undefined ? {} : { scopesClaim };
    expect(await scopesOf(claims, option)).toEqual(expected);
  });

  test.each([[''], [[]], [[7]], [{}], [true], [['a', '']]])('%j is no claim', (scopesClaim) => {
    expect(() => make({ scopesClaim } as never)).toThrow(TypeError);
    expect(() => make({ scopesClaim } as never)).toThrow('scopesClaim');
  });
});
