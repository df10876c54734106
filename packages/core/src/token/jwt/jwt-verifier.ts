/**
 * Verifies JWT access tokens (RFC 9068) over jose.
 *
 * @module
 */
import { EXPECTATIONS, readClock } from '../index.js';
import type {
  Claims,
  VerifiedToken,
  Verifier,
  VerifierContext,
  VerifierExpectations,
} from '../index.js';
import { checkJwtOptions } from './check-options.js';
import type { JwtSettings } from './check-options.js';
import { checkToken } from './check-token.js';
import { JwtChecker } from './jwt-checker.js';
import type { JwtVerifierOptions } from './options.js';
import { tell } from './warn.js';

/** A verifier of JWTs that can be told to refuse tokens before they expire. */
export interface JwtVerifier extends Verifier {
  /** Seconds. */
  readonly clockTolerance: number;
  /**
   * Refuses, from now on and in this process, every token whose claims the predicate holds for,
   * verified before or not. Tell tokens by `jti`, `sid` or `sub` with `iat`, never by their text.
   * A predicate that throws refuses.
   *
   * Returns a function that takes it back: call it when the last such token has expired, so that
   * predicates do not pile up.
   */
  revoke(predicate: (claims: Claims) => boolean): () => void;
}

/**
 * Makes a verifier for JWT access tokens.
 *
 * Checks, before the signature and again on what was verified: three parts and at most 16 KiB, `alg`
 * asymmetric and allowed, no `crit`, `typ`, `iss` exactly, an accepted audience among `aud`, `exp`
 * present and finite, `nbf`, the types of `sub`, `client_id` and `jti`; then the signature with the
 * issuer's own keys. Key material in the token (`jwk`, `jku`, `x5u`, `x5c`) is ignored. Encrypted and
 * nested tokens are refused, and tokens bound to a key or certificate (`cnf`), because nothing here
 * checks the proof.
 *
 * Keys are fetched with the first token, for all who wait; renewed after 10 minutes, and at most
 * every 30 seconds for a token whose key is not known or whose signature is wrong. Until such a
 * fetch, a token with an unknown `kid` is answered with "cannot tell now" (503): its key may be new.
 * A key that the issuer withdrew works for 10 minutes; if the issuer cannot be reached, known keys
 * work for an hour. A token without `kid` is tried against at most 4 keys, those that verified last
 * first. A key that cannot be used is passed over.
 *
 * A verified token is remembered until it expires or the keys change, so that its signature is not
 * verified for every request; times are looked at on every use.
 *
 * Does not check scopes (the gate does), nor revocation: a JWT is good until `exp`, unless
 * {@link JwtVerifier.revoke} says otherwise.
 *
 * @throws {@link TypeError} naming the option, at construction
 * @group Verifiers
 * @see {@link https://www.rfc-editor.org/rfc/rfc9068#section-4 RFC 9068 s4}
 */
export function jwtVerifier(options: JwtVerifierOptions): JwtVerifier {
  const settings = checkJwtOptions(options);
  const { observedUntil, warn } = settings;
  if (Number.isFinite(observedUntil)) {
    const until = new Date(observedUntil).toISOString();
    const message = `tokens for any audience are accepted until ${until}`;
    tell(warn, { code: 'audience_observed', message });
  }
  const checker = new JwtChecker(settings);
  const verify = (
    token: string,
    context: VerifierContext,
  ): VerifiedToken | undefined | Promise<VerifiedToken | undefined> =>
    checker.verify(token, context.resource);
  return Object.freeze(
    Object.assign(verify, {
      audiences: settings.audiences ?? [],
      clockTolerance: settings.clockTolerance,
      [EXPECTATIONS]: expectationsFrom(settings),
      revoke: (predicate: (claims: Claims) => boolean) => checker.revoke(predicate),
    }),
  );
}

/** What explains a refusal to a developer. */
function expectationsFrom(settings: JwtSettings): VerifierExpectations {
  const { audiences, exclusiveAudience, requiredClaims, clockTolerance } = settings;
  const { observedUntil, clock } = settings;
  return Object.freeze({
    ...{ audiences, exclusiveAudience, requiredClaims, clockTolerance, observedUntil, clock },
    issuers: [...settings.issuers.keys()].map(String),
    types: [...settings.types],
    algorithms: [...settings.algorithms].map(String),
    check: (token: string, resource: string) =>
      checkToken(token, { ...settings, resource, now: readClock(clock) }),
  });
}
