/**
 * An authorization server for tests: keys, metadata, JWKS and tokens, in memory.
 *
 * @module
 */
import { TestKeys } from './keys.js';
import { claimsOf, encodeJson, signCompact } from './mint.js';
import type { MintOptions } from './mint.js';
import { jwtVerifier } from '@scopegate/core/jwt';
import type { JwtVerifier, JwtVerifierOptions } from '@scopegate/core/jwt';

export interface TestIssuerOptions {
  /** @default 'https://idp.test' */
  readonly issuer?: string;
  /** The gate's `resource`: the audience of tokens. @default 'https://api.test' */
  readonly resource?: string;
  /** An asymmetric algorithm of JWS. @default 'ES256' */
  readonly algorithm?: string;
  /** Milliseconds since the epoch, for tokens and for {@link TestIssuer.verifier}. @default Date.now */
  readonly clock?: () => number;
}

export interface TestIssuer {
  readonly issuer: string;
  readonly resource: string;
  readonly jwksUri: string;
  /** URLs that {@link TestIssuer.fetch} was called with so far. */
  readonly requests: readonly string[];
  readonly clock: () => number;
  /** Signs an access token (RFC 9068). Without options, it is valid for `resource` and has no scopes. */
  mintToken(options?: MintOptions): Promise<string>;
  /** Makes a verifier of this issuer's tokens. It gets the keys from `fetch`, as from a server. */
  verifier(options?: Partial<JwtVerifierOptions>): JwtVerifier;
  /**
   * Signs the next tokens with a new key. The old keys stay published if `keepOld` is true. A verifier fetches
   * keys for an unknown key id at most every 30 seconds: move the `clock` before it must find another new key.
   */
  rotateKeys(options?: { readonly keepOld?: boolean }): void;
  /** The published keys. */
  jwks(): Promise<{ readonly keys: readonly Readonly<Record<string, unknown>>[] }>;
  /** Answers for the issuer with its metadata (RFC 8414 and OpenID) and its JWKS, or 404. */
  readonly fetch: (url: string | URL | Request, init?: RequestInit) => Promise<Response>;
}

/**
 * Makes an issuer for tests. It opens no port and sends nothing; its key is made when it is first needed. For
 * an issuer on a port, use {@link listenTestIssuer}.
 *
 * @example
 * ```ts
 * const idp = createTestIssuer({ resource: 'https://notes.example.com/api' });
 * const gate = createGate({ resource: idp.resource, verifier: idp.verifier(), scopes: ['notes:read'] });
 * const token = await idp.mintToken({ scopes: ['notes:read'] });
 * ```
 * @group Testing
 */
export function createTestIssuer(options: TestIssuerOptions = {}): TestIssuer {
  const { issuer = 'https://idp.test', resource = 'https://api.test' } = options;
  const { algorithm = 'ES256', clock = Date.now } = options;
  const keys = new TestKeys(algorithm);
  const base = issuer.replace(/\/$/, '');
  const jwksUri = `${base}/jwks`;
  const requests: string[] = [];
  const { origin, pathname } = new URL(base);
  const path = pathname === '/' ? '' : pathname;
  const documents = new Map<string, () => unknown>([
    // RFC 8414 s3: between host and path; OpenID Connect Discovery s4: behind the path.
    [`${origin}/.well-known/oauth-authorization-server${path}`, () => metadata(issuer, base)],
    [`${base}/.well-known/openid-configuration`, () => metadata(issuer, base)],
    [jwksUri, () => keys.jwks()],
  ]);
  const fetch: TestIssuer['fetch'] = async (target) => {
    const url = target instanceof Request ? target.url : String(target);
    requests.push(url);
    const document = documents.get(url);
    return document === undefined
      ? Response.json({ error: 'not_found' }, { status: 404 })
      : Response.json(await document());
  };
  const made: TestIssuer = {
    ...{ issuer, resource, jwksUri, requests, clock, fetch },
    async mintToken(minting = {}) {
      const key = await keys.current();
      const header = { alg: algorithm, typ: 'at+jwt', kid: key.kid, ...minting.header };
      return signCompact(header, encodeJson(claimsOf(made, minting)), key.privateKey);
    },
    verifier: (verifying = {}) =>
      jwtVerifier({
        ...(verifying.issuers === undefined && { issuer }),
        ...{ fetch, clock, allowInsecureLoopback: issuer.startsWith('http:') },
        ...verifying,
      }),
    rotateKeys: ({ keepOld = false } = {}) => keys.rotate(keepOld),
    jwks: () => keys.jwks(),
  };
  return Object.freeze(Object.assign(made, { [KEYS]: keys }));
}

/** Returns the keys of an issuer, so that attacks can be signed with them. */
export function keysOf(issuer: TestIssuer & { readonly [KEYS]?: TestKeys }): TestKeys {
  const keys = issuer[KEYS];
  if (keys === undefined) throw new TypeError('issuer: expected what createTestIssuer() returns');
  return keys;
}

const KEYS: unique symbol = Symbol('keys');

function metadata(issuer: string, base: string): object {
  return {
    issuer,
    authorization_endpoint: `${base}/authorize`,
    token_endpoint: `${base}/token`,
    jwks_uri: `${base}/jwks`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
  };
}
