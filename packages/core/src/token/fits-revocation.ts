/**
 * Compares tokens with the members of revocations. Every list and cache compares in the same way.
 *
 * @module
 */
import { ownMember, parseJson } from '../values.js';
import { isTime } from './clock.js';
import type { RevocableToken, Revocation } from './stores.js';

/** The members of a revocation that name a token. */
export type RevokedName = Exclude<keyof Revocation, 'issuedBefore'>;

/** Returns the token's value for a member of a revocation; `undefined` if the token has none. */
export function revocableName(token: RevocableToken, name: RevokedName): string | undefined {
  if (name === 'jti') {
    const jti = ownMember(token.claims, 'jti');
    return typeof jti === 'string' ? jti : undefined;
  }
  return token[name] ?? (name === 'issuer' ? issuerOf(token.bindingKey) : undefined);
}

/** Whether the token's `iat` is before `time`. A token without a valid `iat` counts as issued before it. */
export function wasIssuedBefore({ claims }: RevocableToken, time: number): boolean {
  const issuedAt = ownMember(claims, 'iat');
  return !isTime(issuedAt) || issuedAt < time;
}

/** Whether a revocation names the token: every member of the revocation must fit. */
export function fitsRevocation(token: RevocableToken, revocation: Revocation): boolean {
  const { issuedBefore, ...names } = revocation;
  return (
    Object.entries(names).every(
      ([name, value]) => revocableName(token, name as RevokedName) === value,
    ) && wasIssuedBefore(token, issuedBefore ?? Infinity)
  );
}

/**
 * Returns the issuer in a binding key. An introspection answer may lack `iss` (RFC 7662 s2.2); the binding key
 * then has the verifier's issuer.
 */
function issuerOf(bindingKey: string | undefined): string | undefined {
  const holder = bindingKey === undefined ? undefined : parseJson(bindingKey);
  const issuer = ownMember(holder, 0);
  return typeof issuer === 'string' ? issuer : undefined;
}
