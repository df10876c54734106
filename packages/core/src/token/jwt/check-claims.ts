/**
 * Checks a JWT's claims: before the signature, and again on what was verified.
 *
 * @module
 */
import { audiencesOf, isSameResource, own } from '../index.js';
import type { Claims } from '../index.js';

export interface ClaimRules {
  readonly additionalAudiences: ReadonlySet<unknown>;
  readonly requiredClaims: readonly string[];
  /** Seconds. */
  readonly clockTolerance: number;
}

/** What is wrong with claims; the issuer is looked at where its keys are chosen. */
export type ClaimProblem = 'aud' | 'exp' | 'nbf' | 'iat' | 'typ' | 'cnf' | 'required';

/** Seconds past which a time is taken for milliseconds: the year 5138. */
const IMPLAUSIBLE = 1e11;

/** Some providers mark their other tokens in the payload only. */
const OTHER_TOKENS: ReadonlySet<string> = new Set(['id', 'refresh', 'offline', 'logout']);

/** Names what is wrong with the claims at `now` (seconds), or returns `undefined`. */
export function checkClaims(
  claims: Claims,
  audiences: readonly string[],
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
  const typ = own(claims, 'typ');
  if (typeof typ === 'string' && OTHER_TOKENS.has(typ.toLowerCase())) return 'typ';
  // Bound to a key or certificate that nobody checks here: it must never pass as a bearer token
  // (RFC 9449 s7.2, RFC 8705 s3).
  if (own(claims, 'cnf') !== undefined) return 'cnf';
  if (!isForUs(own(claims, 'aud'), audiences, rules)) return 'aud';
  return rules.requiredClaims.every((name) => isPresent(claims, name)) ? undefined : 'required';
}

function isTime(value: unknown): value is number {
  return Number.isFinite(value);
}

/**
 * Every audience named must be ours or explained: the other service could replay the token here, and
 * the reverse.
 */
function isForUs(aud: unknown, accepted: readonly string[], rules: ClaimRules): boolean {
  const isOurs = (name: unknown): boolean => accepted.some((one) => isSameResource(name, one));
  const named = audiencesOf(aud);
  return (
    named.some(isOurs) && named.every((name) => isOurs(name) || rules.additionalAudiences.has(name))
  );
}

function isPresent(claims: Claims, name: string): boolean {
  const value = own(claims, name);
  return value !== undefined && value !== null && value !== '';
}
