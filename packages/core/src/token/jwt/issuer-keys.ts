/**
 * An issuer's verification keys: metadata discovery (RFC 8414, OpenID Connect), then its JWKS.
 *
 * @module
 */
import { createLocalJWKSet, createRemoteJWKSet, customFetch } from 'jose';
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { checkUrl } from '../../metadata/index.js';
import { fetchJson } from './fetch-json.js';
import type { Fetch } from './fetch-json.js';

/** Where keys come from: a JWKS URL, a JWKS, or discovery when left out. */
export type JwksSource = string | JSONWebKeySet | undefined;

export interface IssuerKeysOptions {
  readonly issuer: string;
  readonly jwks: JwksSource;
  readonly fetch: Fetch;
}

const MAX_BYTES = 256 * 1024;
const MAX_KEYS = 100;
const TIMEOUT = 5_000;
/** How long a failed discovery is not tried again: a flood of tokens must not become one of requests. */
const RETRY_AFTER = 5_000;
/** Between two fetches of a JWKS for an unknown `kid`. */
const COOLDOWN = 30_000;
/** A removed key works at most this long. */
const MAX_AGE = 600_000;

/**
 * Makes a key finder for one issuer. Nothing is fetched before the first token; concurrent tokens
 * share one fetch. Rejects with what went wrong if keys cannot be had, and with jose's
 * `JWKSNoMatchingKey` if the issuer has none that fits.
 */
export function issuerKeys(options: IssuerKeysOptions): JWTVerifyGetKey {
  const { jwks } = options;
  if (typeof jwks === 'object') return createLocalJWKSet(publicKeys(jwks));
  if (typeof jwks === 'string') return remoteKeys(jwks, options.fetch);
  let found: Promise<JWTVerifyGetKey> | undefined;
  let retryAt = 0;
  const find = (): Promise<JWTVerifyGetKey> => {
    // A failure is kept for a while too: waiting callers and a flood of tokens share one attempt.
    if (found === undefined || (retryAt > 0 && Date.now() >= retryAt)) {
      retryAt = 0;
      found = discover(options);
      found.catch(() => (retryAt = Date.now() + RETRY_AFTER));
    }
    return found;
  };
  return async (header, token) => (await find())(header, token);
}

async function discover({ issuer, fetch }: IssuerKeysOptions): Promise<JWTVerifyGetKey> {
  for (const url of metadataUrls(issuer)) {
    const metadata = await fetchJson(url, { fetch, maxBytes: MAX_BYTES, timeout: TIMEOUT });
    if (metadata === undefined) continue;
    if (typeof metadata !== 'object' || metadata === null)
      throw new Error(`${url}: no JSON object`);
    const { issuer: named, jwks_uri: jwksUri } = metadata as Record<string, unknown>;
    // RFC 8414 s3.3: exactly equal, or the document is another issuer's.
    if (named !== issuer) throw new Error(`${url} names issuer ${JSON.stringify(named)}`);
    checkUrl(jwksUri, `jwks_uri of ${issuer}`);
    return remoteKeys(jwksUri as string, fetch);
  }
  throw new Error(`${issuer} publishes no metadata; set jwks`);
}

/** RFC 8414 s3.1, and the two forms that OpenID providers serve. */
function metadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const urls = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
  return [...new Set(urls)];
}

function remoteKeys(url: string, fetch: Fetch): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(url), {
    cooldownDuration: COOLDOWN,
    cacheMaxAge: MAX_AGE,
    timeoutDuration: TIMEOUT,
    [customFetch]: async (target) => {
      const body = await fetchJson(target, { fetch, maxBytes: MAX_BYTES, timeout: TIMEOUT });
      if (body === undefined) throw new Error(`${target} has no keys`);
      return Response.json(publicKeys(body));
    },
  });
}

/** Public asymmetric keys only: a published secret verifies nothing. */
function publicKeys(document: unknown): JSONWebKeySet {
  const keys = (document as JSONWebKeySet | null)?.keys;
  if (!Array.isArray(keys)) throw new Error('the JWKS has no list of keys');
  if (keys.length > MAX_KEYS) throw new Error(`the JWKS has more than ${MAX_KEYS} keys`);
  return { keys: keys.filter((key) => isPublic(key)) };
}

function isPublic(key: unknown): boolean {
  if (typeof key !== 'object' || key === null) return false;
  const { kty, d, k } = key as Record<string, unknown>;
  const asymmetric = kty === 'EC' || kty === 'RSA' || kty === 'OKP' || kty === 'AKP';
  return asymmetric && d === undefined && k === undefined;
}
