/**
 * One verifier for an issuer's JWTs, another for its opaque tokens.
 *
 * @module
 */
import { expect, readOptions } from '../options.js';
import { chosenFor } from './verifier-statements.js';
import type { Verifier } from './verifier.js';

export interface ByTokenFormOptions {
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
 * byTokenForm({ jwt: jwtVerifier({ issuer }), opaque: introspectionVerifier({ issuer, ... }) });
 * ```
 */
export function byTokenForm(options: ByTokenFormOptions): Verifier {
  const { jwt, opaque } = readOptions<ByTokenFormOptions>(options, OPTIONS, 'byTokenForm');
  for (const [name, verifier] of Object.entries({ jwt, opaque })) {
    expect(verifier !== undefined, `byTokenForm.${name}`, 'expected a verifier');
  }
  // What that one states counts: another audience or tolerance is not this token's.
  const choose = (token: string): Verifier => chosenFor(isJwt(token) ? jwt : opaque, token);
  const verify: Verifier = (token, context) => choose(token)(token, context);
  const audiences = new Set([...(jwt.audiences ?? []), ...(opaque.audiences ?? [])]);
  return Object.freeze(Object.assign(verify, { audiences: Object.freeze([...audiences]), choose }));
}

const OPTIONS: Parameters<typeof readOptions<ByTokenFormOptions>>[1] = {
  jwt: ['a function'],
  opaque: ['a function'],
};

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
