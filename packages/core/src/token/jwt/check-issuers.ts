/**
 * Checks the issuers of `jwtVerifier` and the sources of their keys.
 *
 * @module
 */
import { expect, readOptions } from '../../options.js';
import type { Read } from '../../options.js';
import { checkAddress, checkName, reach, readInternalUrl } from '../index.js';
import type { Addresses } from '../index.js';
import { issuerKeys } from './issuer-keys.js';
import type { JwtIssuer, JwtVerifierOptions } from './options.js';
import type { IssuerKeys, IssuerKeysOptions } from './types.js';

/**
 * Returns the keys of each issuer, by its exact name.
 *
 * @throws {@link TypeError} naming the option
 */
export function checkIssuers(
  options: Read<JwtVerifierOptions, never>,
  common: Pick<IssuerKeysOptions, 'algorithms' | 'addresses' | 'clock' | 'warn'>,
): Map<unknown, IssuerKeys> {
  const { issuer, issuers, jwks, internalUrl } = options;
  const fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  check((issuer === undefined) !== (issuers === undefined), 'issuer', 'issuer or issuers');
  check(issuers?.length !== 0, 'issuers', 'a list of at least one issuer');
  // A key set belongs to one issuer: if several shared it, each could issue tokens of the others.
  check(issuers === undefined || jwks === undefined, 'jwks', 'to stand in issuers');
  check(issuers === undefined || internalUrl === undefined, 'internalUrl', 'to stand in issuers');
  const byIssuer = new Map<unknown, IssuerKeys>();
  for (const one of issuers ?? [{ issuer: issuer as string, jwks, internalUrl }]) {
    const source = checkIssuer(
      typeof one === 'string' ? { issuer: one } : (one as JwtIssuer),
      common.addresses,
    );
    check(!byIssuer.has(source.issuer), 'issuers', `${source.issuer} only once`);
    byIssuer.set(source.issuer, keysOf({ ...source, ...common, fetch }));
  }
  return byIssuer;
}

type Source = Pick<IssuerKeysOptions, 'issuer' | 'jwks' | 'internalOrigin'>;

function checkIssuer(given: JwtIssuer, addresses: Addresses): Source {
  const table = { issuer: ['any'], jwks: ['any'], internalUrl: ['a string'] } as const;
  const { issuer, jwks, internalUrl } = readOptions(given, table, 'jwtVerifier.issuers');
  // With `jwks` or `internalUrl`, the issuer is only a name. The URLs that are fetched are checked below.
  const isFetched = jwks === undefined && internalUrl === undefined;
  (isFetched ? checkAddress : checkName)(issuer, 'jwtVerifier.issuer', addresses);
  const internalOrigin = readInternalUrl(internalUrl, 'jwtVerifier.internalUrl', addresses);
  if (typeof jwks !== 'string') return { issuer, jwks, internalOrigin };
  check(URL.canParse(jwks), 'jwks', 'an absolute URL');
  const reached = reach(jwks, issuer, internalOrigin);
  checkAddress(reached, 'jwtVerifier.jwks', addresses);
  return { issuer, jwks: reached, internalOrigin };
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
