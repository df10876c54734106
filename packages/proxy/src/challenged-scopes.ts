/**
 * The scopes that an upstream's challenge asks for.
 *
 * @module
 */
import { isUsableChallenge, parseChallenges } from '@scopegate/core';

/** Node refuses longer headers by default. */
const MAX_HEADER_LENGTH = 16 * 1024;

/** Longer lists name no scope. */
export const MAX_SCOPES = 100;

const SCHEMES: ReadonlySet<string> = new Set(['bearer', 'dpop']);

/**
 * Returns the scopes of a challenge that says `insufficient_scope`; `undefined` for any other value. A
 * challenge that must not be acted on, because a parameter came twice (RFC 9110 s11.2), names none.
 */
export function challengedScopes(
  value: string | readonly string[] | null,
): readonly string[] | undefined {
  if (value === null) return undefined;
  if (String(value).length > MAX_HEADER_LENGTH) return [];
  const challenges = parseChallenges(value).filter(({ scheme }) => SCHEMES.has(scheme));
  const found = challenges
    .filter(isUsableChallenge)
    .find(({ params }) => params.get('error') === 'insufficient_scope');
  if (found !== undefined) return splitScopes(found.params.get('scope') ?? '');
  return challenges.every(isUsableChallenge) ? undefined : [];
}

/** Splits a `scope` value that another server wrote. Malformed scopes stay: the catalogue has none. */
export function splitScopes(value: string): readonly string[] {
  const scopes = value.split(' ').filter((scope) => scope !== '');
  return scopes.length > MAX_SCOPES ? [] : scopes;
}
