/**
 * Reads what a verifier returned, and looks at times, audience and binding itself, again.
 *
 * @module
 */
import { isScopeToken, scopesFromClaims } from '../scope/index.js';
import type { VerifiedToken } from './verifier.js';

/** What is known of a token that held. */
export interface TokenFacts {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly scopes: readonly string[];
  readonly clientId: string;
  readonly subject: string | undefined;
  readonly issuer: string | undefined;
  readonly expiresAt: number | undefined;
}

/** The widest clock difference that a gate forgives, whatever the verifier's own tolerance. */
const CLOCK_TOLERANCE = 60;

export interface ReadTokenOptions {
  readonly audiences: readonly string[];
  /** Seconds since the epoch. */
  readonly now: number;
}

/**
 * Returns the token's facts, or `undefined` if it is not valid: expired, not yet valid, for another
 * audience, or bound to a key or certificate that nothing here checks.
 *
 * @throws {@link TypeError} when the verifier returned none of the documented shapes
 */
export function readToken(
  verified: VerifiedToken,
  options: ReadTokenOptions,
): TokenFacts | undefined {
  const { claims, scopes, overrides } = shapeOf(verified);
  const expiresAt = overrides.expiresAt ?? own(claims, 'exp');
  if (!isAfter(expiresAt, options.now - CLOCK_TOLERANCE)) return undefined;
  if (!isBefore(own(claims, 'nbf'), options.now + CLOCK_TOLERANCE)) return undefined;
  for (const audience of [own(claims, 'aud'), overrides.audience]) {
    if (!namesOneOf(audience, options.audiences)) return undefined;
  }
  // A bound token must never pass as a plain bearer token (RFC 9449 s7.2, RFC 8705 s3).
  if (own(claims, 'cnf') !== undefined) return undefined;
  return {
    claims,
    scopes,
    clientId: overrides.clientId ?? clientIdOf(claims) ?? '',
    subject: overrides.subject ?? text(own(claims, 'sub')),
    issuer: text(own(claims, 'iss')),
    expiresAt: expiresAt as number | undefined,
  };
}

interface Shape {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly scopes: readonly string[];
  readonly overrides: {
    readonly subject?: string | undefined;
    readonly clientId?: string | undefined;
    readonly expiresAt?: unknown;
    readonly audience?: unknown;
  };
}

function shapeOf(verified: unknown): Shape {
  if (!isObject(verified)) throw new TypeError('the verifier returned no object');
  if (own(verified, 'scopes') !== undefined) {
    const { scopes, claims = {}, subject, clientId, expiresAt, audience } = ownMembers(verified);
    if (!Array.isArray(scopes) || !scopes.every((scope) => typeof scope === 'string')) {
      throw new TypeError('the verifier returned scopes that are no list of strings');
    }
    if (!isObject(claims)) throw new TypeError('the verifier returned claims that are no object');
    return {
      claims,
      scopes: scopes.filter(isScopeToken),
      overrides: { subject: text(subject), clientId: text(clientId), expiresAt, audience },
    };
  }
  const claims = own(verified, 'claims') ?? own(verified, 'payload');
  if (!isObject(claims)) {
    throw new TypeError('the verifier must return { claims }, { payload } or { scopes }');
  }
  return { claims, scopes: scopesFromClaims(claims), overrides: {} };
}

/** Absent is fine here: whether a time must be given is the verifier's business. */
function isAfter(time: unknown, bound: number): boolean {
  return time === undefined || (Number.isFinite(time) && (time as number) > bound);
}

function isBefore(time: unknown, bound: number): boolean {
  return time === undefined || (Number.isFinite(time) && (time as number) <= bound);
}

function namesOneOf(audience: unknown, accepted: readonly string[]): boolean {
  if (audience === undefined) return true;
  const named: readonly unknown[] = Array.isArray(audience) ? audience : [audience];
  return named.some((name) => accepted.some((one) => isSameResource(name, one)));
}

/** Exact, but for the one pair of spellings that mean the same: an empty path and `/`. */
export function isSameResource(a: unknown, b: string): boolean {
  return a === b || (typeof a === 'string' && withRootPath(a) === withRootPath(b));
}

function withRootPath(url: string): string {
  return /^https?:\/\/[^/?#]+$/.test(url) ? `${url}/` : url;
}

/** `client_id` (RFC 9068, RFC 7662), else the names that widespread providers use. */
function clientIdOf(claims: Readonly<Record<string, unknown>>): string | undefined {
  return text(own(claims, 'client_id')) ?? text(own(claims, 'azp')) ?? text(own(claims, 'cid'));
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Own members only: a polluted prototype must not become a claim. */
function own(object: object, name: string): unknown {
  return Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined;
}

function ownMembers(object: Record<string, unknown>): Record<string, unknown> {
  return Object.assign(Object.create(null) as Record<string, unknown>, object);
}
