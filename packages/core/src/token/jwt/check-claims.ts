/**
 * Checks a JWT's claims: before the signature, and again on what was verified.
 *
 * @module
 */
import { hasTypedIdentifiers, isPresent } from '../index.js';
import type { Claims } from '../index.js';
import { own } from '../../values.js';

export interface ClaimRules {
  readonly requiredClaims: readonly string[];
  /** Seconds. */
  readonly clockTolerance: number;
}

/** What is wrong with claims; issuer and audience have places of their own. */
export type ClaimProblem = 'exp' | 'nbf' | 'iat' | 'identifiers' | 'typ' | 'cnf' | 'required';

/** Seconds past which a time is taken for milliseconds: the year 5138. */
const IMPLAUSIBLE = 1e11;

/** Names what is wrong with the claims at `now` (seconds), or returns `undefined`. */
export function checkClaims(
  claims: Claims,
  now: number,
  rules: ClaimRules,
): ClaimProblem | undefined {
  const tolerance = rules.clockTolerance;
  const exp = own(claims, 'exp');
  if (!isTime(exp) || exp >= IMPLAUSIBLE || exp + tolerance <= now) return 'exp';
  const nbf = own(claims, 'nbf');
  if (nbf !== undefined && !(isTime(nbf) && nbf - tolerance <= now)) return 'nbf';
  const iat = own(claims, 'iat');
  if (iat !== undefined && !isTime(iat)) return 'iat';
  if (!hasTypedIdentifiers(claims)) return 'identifiers';
  if (isOtherToken(claims)) return 'typ';
  // Bound to a key or certificate that nobody checks here: it must never pass as a bearer token
  // (RFC 9449 s7.2, RFC 8705 s3).
  if (own(claims, 'cnf') !== undefined) return 'cnf';
  return rules.requiredClaims.every((name) => isPresent(claims, name)) ? undefined : 'required';
}

/**
 * Whether the claims are those of another kind of token: what some providers write into the payload
 * only, and what only ID tokens (OpenID Connect Core s3.3.2.11) and events (RFC 8417 s2.2) have.
 */
function isOtherToken(claims: Claims): boolean {
  const typ = own(claims, 'typ');
  return (
    (typeof typ === 'string' && OTHER_TYPES.has(typ.toLowerCase())) ||
    own(claims, 'token_use') === 'id' ||
    OTHERS_HAVE.some((name) => own(claims, name) !== undefined)
  );
}

const OTHER_TYPES: ReadonlySet<string> = new Set(['id', 'refresh', 'offline', 'logout']);
const OTHERS_HAVE = ['at_hash', 'c_hash', 'events'] as const;

function isTime(value: unknown): value is number {
  return Number.isFinite(value);
}
