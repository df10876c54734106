/**
 * Chooses one verifier for an issuer's JWTs and another for its opaque tokens.
 *
 * @module
 */
import { markFactory } from './factory.js';
import { expect, readOptions } from '../options.js';
import { chosenFor, statementsOf } from './verifier-statements.js';
import type { Verifier } from './verifier.js';

export interface ByTokenFormOptions {
  /** Verifies tokens that look like a signed JWT. */
  readonly jwt: Verifier;
  /** Verifies tokens that do not look like a signed JWT. */
  readonly opaque: Verifier;
}

/**
 * Makes a verifier that chooses another one by the form of a token. Three parts separated by dots, the
 * first an encoded JSON object with `alg`, are a JWT; anything else is opaque. The chosen verifier decides
 * alone: a token that it refuses, or cannot verify now, is never tried with the other one.
 *
 * This verifier checks nothing itself.
 *
 * @example
 * ```ts
 * const verifier = byTokenForm({
 *   jwt: jwtVerifier({ issuer }),
 *   opaque: introspectionVerifier({ issuer, clientId, clientAuthentication }),
 * });
 * ```
 * @throws {@link TypeError} naming the option
 * @group Verifiers
 */
export function byTokenForm(options: ByTokenFormOptions): Verifier {
  const { jwt, opaque } = readOptions<ByTokenFormOptions>(options, OPTIONS, 'byTokenForm');
  for (const [name, verifier] of Object.entries({ jwt, opaque })) {
    expect(verifier !== undefined, `byTokenForm.${name}`, 'expected a verifier');
  }
  // The audiences and the tolerance of the chosen verifier apply, not those of the other.
  const choose = (token: string): Verifier => chosenFor(isJwt(token) ? jwt : opaque, token);
  const verify: Verifier = (token, context) => choose(token)(token, context);
  const audiences = new Set([...(jwt.audiences ?? []), ...(opaque.audiences ?? [])]);
  const issuers = jwt.issuers && opaque.issuers && [...jwt.issuers, ...opaque.issuers];
  return Object.freeze(
    Object.assign(verify, {
      ...{ audiences: Object.freeze([...audiences]), choose },
      ...(issuers !== undefined && { issuers: Object.freeze(issuers) }),
      ...statementsOf(jwt, opaque),
    }),
  );
}

markFactory(byTokenForm);

const OPTIONS: Parameters<typeof readOptions<ByTokenFormOptions>>[1] = {
  jwt: ['a function'],
  opaque: ['a function'],
};

/**
 * Matches three parts of base64url (RFC 7515 s3.1). The second and the third may be empty, so that the verifier
 * for JWTs refuses a token without a signature.
 */
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
