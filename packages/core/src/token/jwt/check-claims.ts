/**
 * The checks of a JWT's claims.
 *
 * @module
 */
import {
  hasBegun,
  isForAudience,
  isOtherTokenType,
  isPresent,
  isUnexpired,
  mistypedIdentifiers,
} from '../index.js';
import type { Claims } from '../index.js';
import { own } from '../../values.js';
import type { CheckContext, JwtCheck } from './types.js';

export const CLAIM_CHECKS: readonly JwtCheck[] = [
  {
    kind: 'whole',
    name: 'iss',
    holds: ({ claims }, { issuers }) => issuers.has(own(claims, 'iss')),
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
    holds: ({ claims }, { now, clockTolerance }) =>
      isUnexpired(own(claims, 'exp'), now / 1000, clockTolerance),
  },
  {
    kind: 'whole',
    name: 'nbf',
    holds: ({ claims }, { now, clockTolerance }) =>
      hasBegun(own(claims, 'nbf'), now / 1000, clockTolerance),
  },
  {
    kind: 'whole',
    name: 'iat',
    holds: ({ claims }) => {
      const iat = own(claims, 'iat');
      return iat === undefined || Number.isFinite(iat);
    },
  },
  { kind: 'members', name: 'kind', failed: ({ claims }) => marksOfOthers(claims) },
  {
    // This verifier checks no proof of possession: a bound token must never pass as a bearer token
    // (RFC 9449 s7.2, RFC 8705 s3).
    kind: 'whole',
    name: 'cnf',
    holds: ({ claims }) => own(claims, 'cnf') === undefined,
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

/** Whether the audience is right, also while a wrong one is only reported. */
export function isForResource(
  claims: Claims,
  context: Pick<CheckContext, 'audiences' | 'exclusiveAudience' | 'resource'>,
): boolean {
  const { audiences = [context.resource], exclusiveAudience } = context;
  return isForAudience(own(claims, 'aud'), audiences, exclusiveAudience);
}

/**
 * Claims that say that this is another kind of token: some providers write that into the payload only,
 * and some claims only ID tokens (OpenID Connect Core s3.3.2.11) and events (RFC 8417 s2.2) have.
 */
function marksOfOthers(claims: Claims): readonly string[] {
  const typ = own(claims, 'typ');
  return [
    ...(typeof typ === 'string' && isOtherTokenType(typ) ? ['typ'] : []),
    ...(own(claims, 'token_use') === 'id' ? ['token_use'] : []),
    ...ONLY_IN_OTHERS.filter((name) => own(claims, name) !== undefined),
  ];
}

const ONLY_IN_OTHERS = ['at_hash', 'c_hash', 'events'] as const;
