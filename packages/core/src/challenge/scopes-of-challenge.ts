/**
 * Reads the scopes that a challenge of another server asks for.
 *
 * @module
 */
import { isUsableChallenge, parseChallenges } from '../http/index.js';

const MAX_HEADER = 16 * 1024;
const MAX_SCOPES = 100;
const SCHEMES: ReadonlySet<string> = new Set(['bearer', 'dpop']);

/**
 * Returns the scopes of the Bearer or DPoP challenge whose error is `insufficient_scope`; `undefined` if there
 * is no such challenge. The list is empty if the challenge names no scope or more than 100. It is also empty
 * if there may be such a challenge but it cannot be read: the value is longer than 16,384 characters, or a
 * Bearer or DPoP challenge has a parameter twice (RFC 9110 s11.2).
 */
export function scopesOfChallenge(
  value: string | readonly string[] | null,
): readonly string[] | undefined {
  if (value === null) return undefined;
  if (String(value).length > MAX_HEADER) return [];
  const challenges = parseChallenges(value).filter(({ scheme }) => SCHEMES.has(scheme));
  const found = challenges
    .filter(isUsableChallenge)
    .find(({ params }) => params.get('error') === 'insufficient_scope');
  if (found !== undefined) return splitScopes(found.params.get('scope') ?? '');
  return challenges.every(isUsableChallenge) ? undefined : [];
}

/** Returns the scopes of a `scope` value that another server wrote; none if there are more than 100. */
function splitScopes(value: string): readonly string[] {
  const scopes = value.split(' ').filter((scope) => scope !== '');
  return scopes.length > MAX_SCOPES ? [] : scopes;
}
