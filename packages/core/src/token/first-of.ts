/**
 * One verifier for an issuer's JWTs, another for its opaque tokens.
 *
 * @module
 */
import type { Verifier } from './verifier.js';

export interface FirstOfOptions {
  /** Judges tokens that look like a signed JWT. */
  readonly jwt: Verifier;
  /** Judges all others. */
  readonly opaque: Verifier;
}

/**
 * Makes a verifier that chooses by a token's shape: three parts between dots, the first a JSON object
 * with `alg`, is a JWT; anything else is opaque. The one chosen decides alone: what it refuses, or
 * cannot tell, is never tried with the other.
 *
 * Checks nothing itself.
 *
 * @throws {@link TypeError} naming the option
 * @group Verifiers
 * @example Signed tokens here, opaque ones at their issuer
 * ```ts
 * firstOf({ jwt: jwtVerifier({ issuer }), opaque: introspectionVerifier({ issuer, ... }) });
 * ```
 */
export function firstOf(options: FirstOfOptions): Verifier {
  const { jwt, opaque, ...others } = options;
  for (const [name, verifier] of Object.entries({ jwt, opaque })) {
    if (typeof verifier !== 'function') throw new TypeError(`firstOf.${name}: expected a verifier`);
  }
  for (const name of Object.keys(others)) throw new TypeError(`firstOf.${name}: unknown option`);
  const verify: Verifier = (token, context) => (isJwt(token) ? jwt : opaque)(token, context);
  const audiences = new Set([...(jwt.audiences ?? []), ...(opaque.audiences ?? [])]);
  return Object.freeze(Object.assign(verify, { audiences: Object.freeze([...audiences]) }));
}

/** RFC 7515 s3.1: the parts are base64url; an empty signature is one of a JWT that shall be refused. */
const COMPACT = /^([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*$/;

function isJwt(token: string): boolean {
  const header = COMPACT.exec(token)?.[1];
  if (header === undefined) return false;
  try {
    const text = atob(header.replaceAll('-', '+').replaceAll('_', '/'));
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && Object.hasOwn(value, 'alg');
  } catch {
    return false;
  }
}
