/**
 * Checks the members of an active answer, since an active token may be for another service (RFC 7662
 * s4).
 *
 * @module
 */
import { hasBegun, isForAudience, isOtherTokenType, isUnexpired } from '../index.js';
import type { Claims } from '../index.js';
import type { IntrospectionSettings } from './check-options.js';
import { ownMember } from '../../values.js';

/** Whether an active token is an access token of this issuer, for one of the audiences, now. */
export function isAcceptable(
  claims: Claims,
  audiences: readonly string[],
  settings: IntrospectionSettings,
): boolean {
  return (
    isIssuer(ownMember(claims, 'iss'), settings.issuer) &&
    isAudience(ownMember(claims, 'aud'), audiences, settings) &&
    isNow(claims, settings) &&
    isAccessToken(claims)
  );
}

function isIssuer(iss: unknown, issuer: string | undefined): boolean {
  if (iss === undefined) return true;
  return issuer === undefined ? typeof iss === 'string' : iss === issuer;
}

function isAudience(
  aud: unknown,
  audiences: readonly string[],
  settings: IntrospectionSettings,
): boolean {
  if (aud === undefined) return !settings.requireAudience;
  return isForAudience(aud, audiences, settings.exclusiveAudience);
}

function isNow(claims: Claims, { now, clockTolerance }: IntrospectionSettings): boolean {
  const exp = ownMember(claims, 'exp');
  const time = now();
  return (
    (exp === undefined || isUnexpired(exp, time, clockTolerance)) &&
    hasBegun(ownMember(claims, 'nbf'), time, clockTolerance)
  );
}

/**
 * Whether the token counts as an access token, which it does unless the answer names another kind. An
 * endpoint may answer "active" for a refresh token, too, because `token_type_hint` is only a hint, but
 * many servers name the kind.
 */
function isAccessToken(claims: Claims): boolean {
  const type = ownMember(claims, 'token_type');
  const use = ownMember(claims, 'token_use');
  const typ = ownMember(claims, 'typ');
  return (
    (type === undefined || isTokenType(type, claims)) &&
    (use === undefined || use === 'access_token' || use === 'access') &&
    !isOtherTokenType(String(typ))
  );
}

/**
 * Whether `token_type` is that of an access token: `Bearer`, or `DPoP` together with `cnf` (RFC 9449
 * s6.2). The gate compares `cnf` with the sender of the request, or refuses the token.
 */
function isTokenType(type: unknown, claims: Claims): boolean {
  if (typeof type !== 'string') return false;
  const lower = type.toLowerCase();
  return lower === 'bearer' || (lower === 'dpop' && ownMember(claims, 'cnf') !== undefined);
}
