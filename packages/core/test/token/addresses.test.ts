import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { authenticated, createGate } from '../../src/index.js';
import type { Provider, Verifier } from '../../src/index.js';
import { reach } from '../../src/token/index.js';
import { introspectionVerifier } from '../../src/token/introspection/index.js';
import { jwtVerifier } from '../../src/token/jwt/index.js';
import {
  auth0,
  clerk,
  cognito,
  entra,
  genericProvider,
  google,
  keycloak,
  okta,
  supabase,
  workos,
} from '../../src/providers/index.js';
import { createTestIssuer } from '../../../testing/src/index.js';

const RESOURCE = 'https://notes.example.com/mcp';
const GUID = '11111111-1111-4111-8111-111111111111';
const signer = createTestIssuer({ algorithm: 'ES256' });

/** One server in the place of every issuer: metadata, keys, introspection and tokeninfo at any path. */
let server: Server;
let host: string;
/** The issuer that the metadata names. */
let issuer: string;
/** The issuer that an answer to introspection names. */
let tokenIssuer: string;
let requests: string[] = [];

beforeAll(async () => {
  server = createServer((req, res) => {
    const { url = '' } = req;
    requests.push(url);
    const { origin } = new URL(issuer);
    const exp = Math.floor(Date.now() / 1000) + 300;
    const answer = async (): Promise<object> => {
      if (url.includes('/.well-known/o')) {
        return {
          issuer,
          jwks_uri: `${origin}/keys`,
          introspection_endpoint: `${origin}/introspect`,
        };
      }
      const facts = { aud: 'c', azp: 'c', sub: 'ray', scope: 'x' };
      if (url.endsWith('/tokeninfo')) return { ...facts, exp: String(exp) };
      if (url.endsWith('/introspect')) {
        return { ...facts, aud: RESOURCE, active: true, exp, iss: tokenIssuer };
      }
      return signer.jwks();
    };
    void answer().then((document) => {
      res.setHeader('content-type', 'application/json');
      res.end(JSON.stringify(document));
    });
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());
beforeEach(() => {
  requests = [];
});

interface Options {
  readonly allowInsecureLoopback?: boolean;
  readonly allowInsecureHosts?: readonly string[];
  readonly internalUrl?: string;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

interface Kind {
  readonly name: string;
  readonly issuer: string;
  readonly make: (options: Options) => Provider | Verifier;
  /** Makes it with the URL of its keys, or of its endpoint. */
  readonly at: (url: string, options: Options) => Provider | Verifier;
  /** Makes it for an issuer at another origin, where its name can be set. */
  readonly of?: (origin: string, options: Options) => Provider | Verifier;
  readonly issuerOf?: (origin: string) => string;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly opaque?: true;
}

const AT = { typ: 'at+jwt' };
const CLIENT = {
  clientId: 'api',
  clientAuthentication: { method: 'client_secret_basic', secret: 's' },
} as const;
const KINDS: readonly Kind[] = [
  {
    name: 'jwtVerifier',
    issuer: 'https://idp.test/realms/a',
    make: (options) => jwtVerifier({ issuer: 'https://idp.test/realms/a', ...options }),
    at: (jwks, options) => jwtVerifier({ issuer: 'https://idp.test/realms/a', jwks, ...options }),
    of: (origin, options) => jwtVerifier({ issuer: `${origin}/realms/a`, ...options }),
    issuerOf: (origin) => `${origin}/realms/a`,
    header: AT,
  },
  {
    name: 'jwtVerifier with issuers',
    issuer: 'https://idp.test/b',
    make: ({ internalUrl, ...options }) =>
      jwtVerifier({
        issuers: [
          'https://other.test',
          { issuer: 'https://idp.test/b', ...(internalUrl !== undefined && { internalUrl }) },
        ],
        ...options,
      }),
    at: (jwks, options) =>
      jwtVerifier({ issuers: [{ issuer: 'https://idp.test/b', jwks }], ...options }),
    of: (origin, options) => jwtVerifier({ issuers: [`${origin}/b`], ...options }),
    issuerOf: (origin) => `${origin}/b`,
    header: AT,
  },
  {
    name: 'introspectionVerifier',
    issuer: 'https://idp.test/c',
    make: (options) =>
      introspectionVerifier({ issuer: 'https://idp.test/c', ...CLIENT, ...options }),
    at: (url, options) =>
      introspectionVerifier({
        endpoint: `${new URL(url).origin}/introspect`,
        ...CLIENT,
        ...options,
      }),
    of: (origin, options) =>
      introspectionVerifier({ issuer: `${origin}/c`, ...CLIENT, ...options }),
    issuerOf: (origin) => `${origin}/c`,
    opaque: true,
  },
  {
    name: 'genericProvider',
    issuer: 'https://idp.test/',
    make: (options) => genericProvider({ issuer: 'https://idp.test/', ...options }),
    at: (jwks, options) => genericProvider({ issuer: 'https://idp.test/', jwks, ...options }),
    of: (origin, options) => genericProvider({ issuer: `${origin}/`, ...options }),
    issuerOf: (origin) => `${origin}/`,
    header: AT,
  },
  {
    name: 'auth0',
    issuer: 'https://tenant.test/',
    make: (options) => auth0({ domain: 'tenant.test', ...options }),
    at: (jwks, options) => auth0({ domain: 'tenant.test', jwks, ...options }),
    of: (origin, options) => auth0({ domain: origin, ...options }),
    issuerOf: (origin) => `${origin}/`,
  },
  {
    name: 'clerk',
    issuer: 'https://clerk.test',
    make: (options) => clerk({ domain: 'clerk.test', ...options }),
    at: (jwks, options) => clerk({ domain: 'clerk.test', jwks, ...options }),
    of: (origin, options) => clerk({ domain: origin, ...options }),
    issuerOf: (origin) => origin,
    header: AT,
  },
  {
    name: 'cognito',
    issuer: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A',
    make: (options) => cognito({ userPoolId: 'eu-west-1_A', clientIds: ['c'], ...options }),
    at: (jwks, options) =>
      cognito({ userPoolId: 'eu-west-1_A', clientIds: ['c'], jwks, ...options }),
    claims: { aud: undefined, client_id: 'c', token_use: 'access' },
  },
  {
    name: 'entra',
    issuer: `https://login.microsoftonline.com/${GUID}/v2.0`,
    make: (options) => entra({ tenants: [GUID], clientId: GUID, ...options }),
    at: (jwks, options) => entra({ tenants: [GUID], clientId: GUID, jwks, ...options }),
    claims: { aud: GUID, tid: GUID, ver: '2.0', scope: undefined, scp: 'x' },
  },
  {
    name: 'google',
    issuer: 'https://accounts.google.com',
    make: (options) => google({ clientIds: ['c'], ...options }),
    at: (url, options) =>
      google({ clientIds: ['c'], endpoint: `${new URL(url).origin}/tokeninfo`, ...options }),
    opaque: true,
  },
  {
    name: 'keycloak',
    issuer: 'https://sso.test/auth/realms/a',
    make: (options) => keycloak({ url: 'https://sso.test/auth', realm: 'a', ...options }),
    at: (jwks, options) => keycloak({ url: 'https://sso.test/auth', realm: 'a', jwks, ...options }),
    of: (origin, options) => keycloak({ url: origin, realm: 'a', ...options }),
    issuerOf: (origin) => `${origin}/realms/a`,
    claims: { typ: 'Bearer' },
  },
  {
    name: 'okta',
    issuer: 'https://org.test/oauth2/default',
    make: (options) => okta({ domain: 'org.test', ...options }),
    at: (jwks, options) => okta({ domain: 'org.test', jwks, ...options }),
    of: (origin, options) => okta({ domain: origin, ...options }),
    issuerOf: (origin) => `${origin}/oauth2/default`,
    claims: { cid: 'c', scope: undefined, scp: ['x'] },
  },
  {
    name: 'supabase',
    issuer: 'https://x.test/auth/v1',
    make: (options) => supabase({ url: 'https://x.test', clientIds: ['c'], ...options }),
    at: (jwks, options) => supabase({ url: 'https://x.test', clientIds: ['c'], jwks, ...options }),
    of: (origin, options) => supabase({ url: origin, clientIds: ['c'], ...options }),
    issuerOf: (origin) => `${origin}/auth/v1`,
    claims: { aud: 'authenticated', client_id: 'c' },
  },
  {
    name: 'workos',
    issuer: 'https://x.authkit.test',
    make: (options) => workos({ domain: 'x.authkit.test', ...options }),
    at: (jwks, options) => workos({ domain: 'x.authkit.test', jwks, ...options }),
    of: (origin, options) => workos({ domain: origin, ...options }),
    issuerOf: (origin) => origin,
    claims: { client_id: 'c' },
  },
];

/**
 * `allowed`, or the reason. A 503 is told by its error.
 *
 * @param iss - what the token names
 * @param named - what the metadata names
 */
async function outcome(
  made: Provider | Verifier,
  kind: Kind,
  iss = kind.issuer,
  named = iss,
): Promise<string> {
  issuer = named;
  tokenIssuer = iss;
  const now = Math.floor(Date.now() / 1000);
  const { claims, header = { typ: 'JWT' } } = kind;
  const token = kind.opaque
    ? 'ya29.opaque'
    : await signer.mintToken({
        ...{ subject: 'ray', clientId: null, audience: null },
        claims: { aud: RESOURCE, azp: 'c', scope: 'x', iat: now, exp: now + 60, ...claims, iss },
        header,
      });
  let told = '';
  const gate = createGate({
    resource: RESOURCE,
    ...(typeof made === 'function' ? { verifier: made } : { provider: made }),
    scopes: ['x'],
    onError: (error) => (told = String(error)),
  });
  const request = new Request(RESOURCE, { headers: { authorization: `Bearer ${token}` } });
  const decision = await gate.check(request, authenticated());
  return decision.allowed ? 'allowed' : told || decision.reason;
}

describe.each(KINDS)('$name', (kind) => {
  test('internalUrl: everything is fetched there, and tokens still name the issuer [DI-6]', async () => {
    const internalUrl = `http://${host}`;
    for (const allowed of [{ allowInsecureHosts: [host] }, { allowInsecureLoopback: true }]) {
      requests = [];
      // A request elsewhere would fail: no host of the test exists.
      expect(await outcome(kind.make({ internalUrl, ...allowed }), kind)).toBe('allowed');
      expect(requests.length).toBeGreaterThan(0);
    }
  });

  test('jwks or endpoint: nothing else is fetched [DI-6]', async () => {
    const made = kind.at(`http://${host}/some/keys`, { allowInsecureHosts: [host] });
    expect(await outcome(made, kind)).toBe('allowed');
    expect(requests).toHaveLength(1);
  });

  test('http is refused until an option allows it, by name [DI-6, T83]', () => {
    const internal = (options: Options): unknown =>
      kind.make({ internalUrl: `http://${host}`, ...options });
    const keys = (options: Options): unknown => kind.at(`http://${host}/keys`, options);
    const elsewhere = (options: Options): unknown =>
      kind.make({ internalUrl: 'http://keycloak:8080', ...options });
    for (const make of [internal, keys]) {
      expect(() => make({})).toThrow(/must use https .*allowInsecureLoopback: true/);
      expect(() => make({ allowInsecureHosts: ['127.0.0.1'] })).toThrow(TypeError);
      expect(() => make({ allowInsecureLoopback: true })).not.toThrow();
    }
    expect(() => elsewhere({ allowInsecureLoopback: true })).toThrow("['keycloak:8080']");
    expect(() => elsewhere({ allowInsecureHosts: ['keycloak'] })).toThrow('must use https');
    expect(() => elsewhere({ allowInsecureHosts: ['keycloak:8080'] })).not.toThrow();
  });

  test('values that are no hosts and no origins are refused', () => {
    for (const one of ['http://keycloak:8080', 'keycloak:8080/', 'KEYCLOAK', 'a b', '*', '', 7]) {
      const allowInsecureHosts = [one] as readonly string[];
      if (one === '*') continue;
      expect(() => kind.make({ allowInsecureHosts }), String(one)).toThrow('allowInsecureHosts');
    }
    // The port that URLs leave out.
    expect(() => kind.make({ allowInsecureHosts: ['keycloak:80'] })).toThrow(
      '"keycloak:80" is no host as in a URL: keycloak:8080, or keycloak for port 80',
    );
    for (const internalUrl of ['https://a.test/b', 'https://a.test?b', 'a.test', 'ftp://a.test']) {
      expect(() => kind.make({ internalUrl }), internalUrl).toThrow(TypeError);
    }
  });
});

// Google's tokeninfo and its answers name no issuer.
describe.each(KINDS.filter(({ name }) => name !== 'google'))(
  '$name: a place is no name',
  (kind) => {
    const { origin } = new URL(kind.issuer);
    const place = (): string => kind.issuer.replace(origin, `http://${host}`);
    const internal = (): Provider | Verifier =>
      kind.make({ internalUrl: `http://${host}`, allowInsecureHosts: [host] });

    test('a token that names the place for its issuer is refused [DI-6]', async () => {
      expect(await outcome(internal(), kind, place(), kind.issuer)).toBe('invalid_token');
      // An endpoint that is given alone has no issuer to compare.
      if (kind.opaque) return;
      const apart = kind.at(`http://${host}/keys`, { allowInsecureHosts: [host] });
      expect(await outcome(apart, kind, place(), kind.issuer)).toBe('invalid_token');
    });

    test('metadata that names the place is not used, where metadata is [DI-6]', async () => {
      const told = await outcome(internal(), kind, kind.issuer, place());
      const usesMetadata = requests.some((url) => url.includes('/.well-known/o'));
      expect(told).toMatch(usesMetadata ? `names issuer "${place()}", another one` : /^allowed$/);
      expect(usesMetadata).toBe(!['entra', 'supabase', 'workos'].includes(kind.name));
    });
  },
);

describe.each(KINDS.filter(({ of }) => of !== undefined))('$name by http', (kind) => {
  const of = kind.of as NonNullable<Kind['of']>;
  const issuerOf = kind.issuerOf as NonNullable<Kind['issuerOf']>;

  test('on loopback with allowInsecureLoopback alone, over real sockets [DI-6]', async () => {
    const origin = `http://${host}`;
    expect(() => of(origin, {})).toThrow(/must use https .*allowInsecureLoopback: true/);
    const made = of(origin, { allowInsecureLoopback: true });
    expect(await outcome(made, kind, issuerOf(origin))).toBe('allowed');
  });

  test('on a host of allowInsecureHosts, which the metadata of the gate names, too [DI-6]', async () => {
    const origin = 'http://keycloak:8080';
    const allowed = {
      allowInsecureHosts: ['keycloak:8080'],
      // The name service of the network in which the host has its name.
      fetch: (url: string, init: RequestInit) => fetch(url.replace('keycloak:8080', host), init),
    };
    expect(() => of(origin, { allowInsecureLoopback: true })).toThrow("['keycloak:8080']");
    const made = of(origin, allowed);
    expect(await outcome(made, kind, issuerOf(origin))).toBe('allowed');
    const settings =
      typeof made === 'function'
        ? { verifier: made, authorizationServers: [issuerOf(origin)] }
        : { provider: made };
    const gate = createGate({ resource: RESOURCE, scopes: ['x'], ...settings });
    expect(gate.metadata.document.authorization_servers).toEqual([issuerOf(origin)]);
    expect(() =>
      createGate({
        ...{ resource: RESOURCE, scopes: ['x'], verifier: () => undefined },
        authorizationServers: [issuerOf(origin)],
      }),
    ).toThrow('must use https');
  });
});

describe('what metadata names', () => {
  const options = { allowInsecureHosts: ['keycloak:8080'] };
  const kind = KINDS[0] as Kind;
  const serving =
    (jwksUri: string, seen: string[] = []) =>
    async (url: string): Promise<Response> => {
      seen.push(url);
      return Response.json(
        url.includes('.well-known')
          ? { issuer: kind.issuer, jwks_uri: jwksUri }
          : await signer.jwks(),
      );
    };

  test('keys at the public origin are fetched at the internal one, with the same path', async () => {
    const seen: string[] = [];
    const made = kind.make({
      ...{ ...options, internalUrl: 'http://keycloak:8080' },
      fetch: serving('https://idp.test/realms/a/protocol/certs', seen),
    });
    expect(await outcome(made, kind)).toBe('allowed');
    expect(seen).toEqual([
      'http://keycloak:8080/.well-known/oauth-authorization-server/realms/a',
      'http://keycloak:8080/realms/a/protocol/certs',
    ]);
  });

  test.each([
    ['http://keycloak:8080/keys', 'allowed'],
    ['https://keys.test/keys', 'allowed'],
    // Metadata must not make the service ask its own machine, or a host that no option names.
    ['http://localhost:1/keys', 'must use https'],
    ['http://169.254.169.254/keys', 'must use https'],
    ['https://user:word@idp.test/keys', 'user information'],
  ])('jwks_uri %s: %s [T83]', async (jwksUri, expected) => {
    const made = kind.make({ ...options, fetch: serving(jwksUri) });
    expect(await outcome(made, kind)).toContain(expected);
    const internal = kind.make({
      ...{ ...options, internalUrl: 'https://internal.test', allowInsecureLoopback: true },
      fetch: serving(jwksUri),
    });
    expect(await outcome(internal, kind)).toContain(expected);
  });
});

describe('options that contradict each other', () => {
  const wrong: readonly (readonly [make: () => unknown, message: string])[] = [
    [
      () => jwtVerifier({ issuers: ['https://a.test'], internalUrl: 'https://b.test' }),
      'jwtVerifier.internalUrl: expected to stand in issuers',
    ],
    [
      () =>
        entra({ tenants: [GUID, GUID.replace('1', '2')], clientId: GUID, jwks: 'https://a.test' }),
      'entra.jwks: expected a single tenant',
    ],
    [
      () =>
        introspectionVerifier({
          endpoint: 'https://a.test',
          internalUrl: 'https://b.test',
          ...CLIENT,
        }),
      'introspectionVerifier.internalUrl: needs issuer',
    ],
    [() => keycloak({ url: 'http://sso.test', realm: 'a' }), 'keycloak.url: http://sso.test/'],
    [() => auth0({ domain: 'http://x.test' }), 'auth0.domain: http://x.test/'],
  ];
  test.each(wrong)('%s: %s', (make, message) => {
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });
});

describe('an issuer that is only a name', () => {
  const internalUrl = 'https://idp.internal';
  const makers: readonly (readonly [what: string, make: (name: string) => unknown])[] = [
    ['jwtVerifier with keys', (name) => jwtVerifier({ issuer: name, jwks: { keys: [] } })],
    ['jwtVerifier with internalUrl', (name) => jwtVerifier({ issuer: name, internalUrl })],
    [
      'introspectionVerifier with internalUrl',
      (name) => introspectionVerifier({ issuer: name, internalUrl, ...CLIENT }),
    ],
  ];
  test.each(makers)('%s: over http on loopback alone [DI-6]', (_what, make) => {
    for (const name of ['http://localhost:9', 'http://127.0.0.1:9/realms/a', 'https://a.test']) {
      expect(() => make(name), name).not.toThrow();
    }
    for (const name of ['http://a.test', 'http://localhost.a.test']) {
      expect(() => make(name), name).toThrow(
        `must use https (or allowInsecureHosts: ['${new URL(name).host}'])`,
      );
    }
    expect(() => make('ftp://localhost')).toThrow(TypeError);
  });
});

describe('an endpoint at the origin of the issuer', () => {
  const options = { issuer: 'https://idp.test/c', ...CLIENT };

  test('is reached at internalUrl, with its own path and query [DI-6]', async () => {
    const verifier = introspectionVerifier({
      ...{ ...options, endpoint: 'https://idp.test/introspect?a=1' },
      ...{ internalUrl: `http://${host}`, allowInsecureHosts: [host] },
    });
    const context = { resource: RESOURCE, signal: new AbortController().signal };
    await Promise.resolve(verifier('an-opaque-token-of-some-length', context)).catch(
      () => undefined,
    );
    expect(requests).toEqual([expect.stringMatching(/\/introspect\?a=1$/)]);
  });

  test('is named if it is no URL', () => {
    for (const endpoint of ['introspect', '/introspect', '']) {
      expect(() => introspectionVerifier({ ...options, endpoint }), endpoint).toThrow(
        /^introspectionVerifier\.endpoint: /,
      );
    }
  });

  test('an address with a path is refused, since the paths are those of the issuer', () => {
    expect(() => introspectionVerifier({ ...options, internalUrl: 'https://a.test/b' })).toThrow(
      'internalUrl: expected an origin such as https://a.test; it takes the paths of the issuer',
    );
  });
});

test('a URL with user information is not taken for one at the origin of the issuer [DI-6]', () => {
  const at = (url: string): string => reach(url, 'https://idp.test/a', 'http://internal:8080');
  expect(at('https://idp.test/keys?a=1')).toBe('http://internal:8080/keys?a=1');
  for (const url of ['https://user:pw@idp.test/keys', 'https://idp.test:444/keys']) {
    expect(at(url)).toBe(url);
  }
});

test('a verifier that names no insecure host says nothing of issuers without https', () => {
  const verifier = jwtVerifier({ issuer: 'https://idp.test' });
  expect(Object.hasOwn(verifier, 'allowsIssuer')).toBe(false);
});
