/**
 * Checks the members of an active answer, since an active token may be for another service (RFC 7662
 * s4).
 *
 * @module
 */
import {
  hasBegun,
  isForAudience,
  isOtherTokenType,
  isUnexpired,
  textsIn,
  timeIn,
} from '../index.js';
import type { CheckResult, Claims, RefusalDetail } from '../index.js';
import type { IntrospectionSettings } from './check-options.js';
import { ownMember } from '../../values.js';

/**
 * Returns the first check that an active token fails; `undefined` if it is an access token of this issuer,
 * for one of the audiences, now. Members that the answer may omit are checked only if they are there.
 */
export function failedCheck(
  claims: Claims,
  audiences: readonly string[],
  settings: IntrospectionSettings,
): CheckName | undefined {
  return CHECKS.find(({ holds }) => !holds(claims, audiences, settings))?.name;
}

/** Returns the result of each check, for tools that explain a refusal. */
export function checkAnswer(
  claims: Claims,
  audiences: readonly string[],
  settings: IntrospectionSettings,
): readonly CheckResult[] {
  return CHECKS.map(({ name, holds }) => ({ name, holds: holds(claims, audiences, settings) }));
}

/** Describes a check that an active token fails, for decision events: what is expected, and what is found. */
export function describeFailure(
  name: CheckName,
  claims: Claims,
  audiences: readonly string[],
  { issuer }: IntrospectionSettings,
): RefusalDetail {
  const claim = ownMember(claims, name);
  switch (name) {
    case 'iss': {
      const expected = issuer === undefined ? undefined : [issuer];
      return { detail: 'issuer', expected, found: textsIn(claim) };
    }
    case 'aud':
      return { detail: 'audience', expected: audiences, found: textsIn(claim) };
    case 'exp':
      return { detail: 'expired', found: timeIn(claim) };
    case 'nbf':
      return { detail: 'not_yet_valid', found: timeIn(claim) };
    case 'type': {
      const types = TYPES.map((member) => ownMember(claims, member));
      const found = types.filter((type) => type !== undefined).flatMap(textsIn);
      return { detail: 'type', expected: ['access token'], found };
    }
  }
}

type CheckName = 'iss' | 'aud' | 'exp' | 'nbf' | 'type';

interface Check {
  readonly name: CheckName;
  readonly holds: (
    claims: Claims,
    audiences: readonly string[],
    settings: IntrospectionSettings,
  ) => boolean;
}

const CHECKS: readonly Check[] = [
  { name: 'iss', holds: (claims, _, { issuer }) => isIssuer(ownMember(claims, 'iss'), issuer) },
  {
    name: 'aud',
    holds: (claims, audiences, settings) =>
      isAudience(ownMember(claims, 'aud'), audiences, settings),
  },
  {
    name: 'exp',
    holds: (claims, _, { now, clockTolerance }) => {
      const exp = ownMember(claims, 'exp');
      return exp === undefined || isUnexpired(exp, now(), clockTolerance);
    },
  },
  {
    name: 'nbf',
    holds: (claims, _, { now, clockTolerance }) =>
      hasBegun(ownMember(claims, 'nbf'), now(), clockTolerance),
  },
  { name: 'type', holds: isAccessToken },
];

/** The members that name the kind of a token. */
const TYPES = ['token_type', 'token_use', 'typ'] as const;

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

/**
 * Whether the token counts as an access token: it does unless the answer names another kind. An endpoint may
 * answer "active" for a refresh token, too, because `token_type_hint` is only a hint, but many servers name
 * the kind in the answer.
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
