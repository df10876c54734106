/**
 * Looks at an active answer's members: being active somewhere is not being good here (RFC 7662 s4).
 *
 * @module
 */
import { hasBegun, isForAudience, isOtherTokenType, isUnexpired } from '../index.js';
import type { Claims } from '../index.js';
import type { Settings } from './options.js';
import { own } from '../../values.js';

/** Whether an active token is an access token of this issuer, for one of the audiences, now. */
export function isAcceptable(
  claims: Claims,
  audiences: readonly string[],
  settings: Settings,
): boolean {
  return (
    isIssuer(own(claims, 'iss'), settings.issuer) &&
    isAudience(own(claims, 'aud'), audiences, settings) &&
    isNow(claims, settings) &&
    isAccessToken(claims)
  );
}

function isIssuer(iss: unknown, issuer: string | undefined): boolean {
  if (iss === undefined) return true;
  return issuer === undefined ? typeof iss === 'string' : iss === issuer;
}

function isAudience(aud: unknown, audiences: readonly string[], settings: Settings): boolean {
  if (aud === undefined) return !settings.requireAudience;
  return isForAudience(aud, audiences, settings.exclusiveAudience);
}

function isNow(claims: Claims, { now, clockTolerance }: Settings): boolean {
  const exp = own(claims, 'exp');
  const time = now();
  return (
    (exp === undefined || isUnexpired(exp, time, clockTolerance)) &&
    hasBegun(own(claims, 'nbf'), time, clockTolerance)
  );
}

/**
 * `token_type_hint` is only a hint: the endpoint says "active" of refresh tokens too. Their `aud` is
 * not this resource, and many servers name the kind.
 */
function isAccessToken(claims: Claims): boolean {
  const type = own(claims, 'token_type');
  const use = own(claims, 'token_use');
  const typ = own(claims, 'typ');
  return (
    (type === undefined || isTokenType(type, claims)) &&
    (use === undefined || use === 'access_token' || use === 'access') &&
    !isOtherTokenType(String(typ))
  );
}

/** RFC 9449 s6.2: `DPoP` comes with the key in `cnf`, which the gate looks at, or refuses. */
function isTokenType(type: unknown, claims: Claims): boolean {
  if (typeof type !== 'string') return false;
  const lower = type.toLowerCase();
  return lower === 'bearer' || (lower === 'dpop' && own(claims, 'cnf') !== undefined);
}
