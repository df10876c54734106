/**
 * The checks of a JWT's claims.
 *
 * @module
 */
import {
  clientIdOf,
  hasBegun,
  isForAudience,
  isOtherTokenType,
  isPresent,
  isTime,
  isUnexpired,
  mistypedIdentifiers,
} from '../index.js';
import type { Claims } from '../index.js';
import { ownMember } from '../../values.js';
import type { CheckContext, JwtCheck } from './types.js';

export const CLAIM_CHECKS: readonly JwtCheck[] = [
  {
    kind: 'whole',
    name: 'iss',
    holds: ({ claims }, { issuers }) => issuers.has(ownMember(claims, 'iss')),
  },
  {
    kind: 'whole',
    name: 'aud',
    holds: ({ claims }, context) =>
      isForResource(claims, context) || context.now < context.observedUntil,
  },
  {
    kind: 'whole',
    name: 'exp',
    holds: ({ claims }, { now, clockTolerance, maxAgeWithoutExpiry }) =>
      isUnexpired(expiryOf(claims, maxAgeWithoutExpiry), now / 1000, clockTolerance) &&
      // Without `exp`, the age of a token counts from `iat`, so an `iat` in the future would lengthen its life.
      (isPresent(claims, 'exp') || hasBegun(ownMember(claims, 'iat'), now / 1000, clockTolerance)),
  },
  {
    kind: 'whole',
    name: 'nbf',
    holds: ({ claims }, { now, clockTolerance }) =>
      hasBegun(ownMember(claims, 'nbf'), now / 1000, clockTolerance),
  },
  {
    kind: 'whole',
    name: 'iat',
    holds: ({ claims }) => {
      const iat = ownMember(claims, 'iat');
      return iat === undefined || Number.isFinite(iat);
    },
  },
  { kind: 'members', name: 'kind', failed: ({ claims }) => marksOfOtherKinds(claims) },
  {
    // This verifier does not know who sent the token, and a bound token must never be accepted as a
    // bearer token (RFC 9449 s7.2, RFC 8705 s3). A gate with `dpop` or `mtls` checks `cnf` itself.
    kind: 'whole',
    name: 'cnf',
    holds: ({ claims }, { checksBinding }) =>
      checksBinding || ownMember(claims, 'cnf') === undefined,
  },
  {
    kind: 'members',
    name: 'claims',
    failed: ({ claims }, { requiredClaims }) => {
      const missing = requiredClaims.filter((name) => !isPresent(claims, name));
      return [...new Set([...missing, ...mistypedIdentifiers(claims)])];
    },
  },
];

/**
 * Returns when a token expires, in seconds since the epoch: at `exp`, or `maxAge` seconds after `iat` if it has
 * no `exp`. An `exp` that is no time is returned as it is; without both times, the result is `undefined`.
 */
export function expiryOf(claims: Claims, maxAge: number | undefined): unknown {
  const exp = ownMember(claims, 'exp');
  const iat = ownMember(claims, 'iat');
  return exp === undefined && maxAge !== undefined && isTime(iat) ? iat + maxAge : exp;
}

/**
 * Whether the token names an accepted audience, or may lack one. `observedUntil`, the time until which other
 * audiences are accepted, is ignored.
 */
export function isForResource(
  claims: Claims,
  context: Pick<
    CheckContext,
    'audiences' | 'clientsWithoutAudience' | 'exclusiveAudience' | 'resource'
  >,
): boolean {
  const { audiences = [context.resource], clientsWithoutAudience, exclusiveAudience } = context;
  const aud = ownMember(claims, 'aud');
  // Only an absent `aud` counts as none: an empty list and `null` are wrong values.
  return aud === undefined
    ? clientsWithoutAudience.has(clientIdOf(claims) ?? '')
    : isForAudience(aud, audiences, exclusiveAudience);
}

/**
 * Returns the claims that mark another kind of token than an access token. Some providers name the kind
 * in the payload only. Only ID tokens have `at_hash` and `c_hash` (OpenID Connect Core s3.3.2.11), and only
 * security event tokens have `events` (RFC 8417 s2.2).
 */
function marksOfOtherKinds(claims: Claims): readonly string[] {
  const typ = ownMember(claims, 'typ');
  return [
    ...(typeof typ === 'string' && isOtherTokenType(typ) ? ['typ'] : []),
    ...(ownMember(claims, 'token_use') === 'id' ? ['token_use'] : []),
    ...CLAIMS_OF_OTHER_KINDS.filter((name) => ownMember(claims, name) !== undefined),
  ];
}

const CLAIMS_OF_OTHER_KINDS = ['at_hash', 'c_hash', 'events'] as const;
