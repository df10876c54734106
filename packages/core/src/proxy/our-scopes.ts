/**
 * From another server's scopes to those that a caller of this one can ask for.
 *
 * @module
 */
import type { Gate } from '../gate/index.js';
import type { Auth } from '../policy/index.js';
import { UpstreamError } from './faults.js';
import type { ProxySettings } from './options.js';

/**
 * The scopes to ask the caller for; none, which is a 403 without scopes, if they are not all known
 * here or the caller has them all: then the upstream's own credential is what falls short, and no
 * consent would help. A half of them is never asked for: it would be in vain, too.
 */
export function toOurScopes(
  theirs: readonly string[],
  auth: Auth | undefined,
  { gate, mapScopes, tell }: Pick<ProxySettings, 'gate' | 'mapScopes' | 'tell'>,
): readonly string[] {
  const none = (message: string, cause?: unknown): readonly string[] => {
    const options = cause === undefined ? undefined : { cause };
    const reason = 'upstream_forbidden';
    tell(new UpstreamError(reason, message, options), { reason });
    return [];
  };
  let ours: readonly (string | undefined)[];
  try {
    ours = mapScopes === undefined ? theirs : [...mapScopes(theirs)];
  } catch (error) {
    return none('mapScopes failed', error);
  }
  if (ours.length === 0) return none('the upstream wants scopes and does not say which');
  const known = ours.filter((scope) => scope !== undefined && gate.scopes.has(scope));
  if (known.length < ours.length) {
    return none('the upstream wants scopes that are not in the catalogue');
  }
  if (auth !== undefined && hasAll(known, auth, gate)) {
    return none('the upstream wants scopes that the caller has');
  }
  return [...new Set(known)];
}

function hasAll(scopes: readonly string[], auth: Auth, gate: Gate): boolean {
  return gate.issued(auth) && scopes.every((scope) => auth.has(scope));
}
