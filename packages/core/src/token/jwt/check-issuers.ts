/**
 * Checks the issuers of `jwtVerifier` and the sources of their keys.
 *
 * @module
 */
import { checkUrl } from '../../metadata/index.js';
import { expect, readOptions } from '../../options.js';
import type { Read } from '../../options.js';
import type { Clock } from '../index.js';
import { issuerKeys } from './issuer-keys.js';
import type { JwtIssuer, JwtVerifierOptions } from './options.js';
import type { IssuerKeys, Warn } from './types.js';

/**
 * Returns the keys of each issuer, by its exact name.
 *
 * @throws {@link TypeError} naming the option
 */
export function checkIssuers(
  options: Read<JwtVerifierOptions, never>,
  common: { readonly clock: Clock; readonly warn: Warn },
): Map<unknown, IssuerKeys> {
  const { issuer, issuers, jwks, allowInsecureLoopback: insecure = false } = options;
  const fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  check((issuer === undefined) !== (issuers === undefined), 'issuer', 'issuer or issuers');
  check(issuers?.length !== 0, 'issuers', 'a list of at least one issuer');
  // A key set belongs to one issuer: if several shared it, each could issue tokens of the others.
  check(issuers === undefined || jwks === undefined, 'jwks', 'to stand in issuers');
  const byIssuer = new Map<unknown, IssuerKeys>();
  for (const one of issuers ?? [{ issuer: issuer as string, jwks }]) {
    const source = checkIssuer(typeof one === 'string' ? { issuer: one } : one, insecure);
    check(!byIssuer.has(source.issuer), 'issuers', `${source.issuer} only once`);
    byIssuer.set(source.issuer, keysOf({ ...source, ...common, fetch }));
  }
  return byIssuer;
}

function checkIssuer(given: JwtIssuer, insecure: boolean): JwtIssuer {
  const table = { issuer: ['any'], jwks: ['any'] } as const;
  const { issuer, jwks } = readOptions(given, table, 'jwtVerifier.issuers');
  const urls: [name: string, url: URL][] = [];
  const url = checkUrl(issuer, 'jwtVerifier.issuer');
  if (jwks === undefined) urls.push(['issuer', url]);
  else if (typeof jwks === 'string') urls.push(['jwks', checkUrl(jwks, 'jwtVerifier.jwks')]);
  for (const [name, { protocol, href }] of urls) {
    const isAllowed = protocol === 'https:' || insecure;
    check(isAllowed, name, `https, or allowInsecureLoopback beside ${href} in development`);
  }
  return { issuer, jwks };
}

function keysOf(options: Parameters<typeof issuerKeys>[0]): IssuerKeys {
  const { jwks } = options;
  const isSource = jwks === undefined || typeof jwks === 'string' || typeof jwks === 'function';
  const isDocument = typeof jwks === 'object' && jwks !== null && Array.isArray(jwks.keys);
  check(isSource || isDocument, 'jwks', 'a URL, a JWKS or a function');
  return issuerKeys(options);
}

function check(holds: boolean, name: string, expected: string): void {
  expect(holds, `jwtVerifier.${name}`, `expected ${expected}`);
}
