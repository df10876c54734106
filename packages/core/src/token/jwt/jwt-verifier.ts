/**
 * Verifies JWT access tokens (RFC 9068) over jose.
 *
 * @module
 */
import {
  EXPECTATIONS,
  IS_REVOKED,
  OPT_OUTS,
  allowedIssuers,
  markFactory,
  readClock,
} from '../index.js';
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
import { emitWarning } from './warn.js';

/** A verifier of JWTs that can refuse tokens before they expire. */
export interface JwtVerifier extends Verifier {
  /** The clock tolerance in seconds. */
  readonly clockTolerance: number;
  /**
   * Refuses from now on, in this process, every token for whose claims the predicate returns `true`,
   * including those that were verified before. Compare `jti`, `sid`, or `sub` with `iat`: the text of a
   * token is not available. A predicate that throws refuses the token. It is asked on each use of a token, also
   * of a cached one, so keep it fast: it may look into a `Set` that changes. The gate's option `revocations`
   * revokes in several processes. Answers that still stream end, if the gate has `streams: 'end-with-access'`.
   *
   * Returns a function that removes the predicate. Call it when the last such token has expired, so that
   * predicates do not accumulate.
   */
  revoke(predicate: (claims: Claims) => boolean): () => void;
}

/**
 * Makes a verifier for JWT access tokens.
 *
 * The verifier first checks that the token has three parts and at most 16 KiB. Before it verifies the
 * signature, and again afterwards, it checks that `alg` is asymmetric and allowed, that there is no `crit`,
 * that `typ` is accepted, `iss` is exactly the issuer and `aud` names an accepted audience, that `exp` is
 * present and has not passed, `nbf`, and the types of `sub`, `client_id` and `jti`. Only the issuer's own keys
 * verify the signature: keys in the token (`jwk`, `jku`, `x5u`, `x5c`) are ignored. Encrypted and nested tokens
 * are refused, and so are tokens bound to a key or certificate (`cnf`), unless the gate has `dpop` or `mtls`
 * and compares `cnf` with the sender of the request.
 *
 * Keys are fetched when the first token arrives, once for all tokens that wait. They are fetched again
 * after 10 minutes, and at most every 30 seconds for a token whose key is unknown or whose signature is
 * wrong. Until such a fetch, a token with an unknown `kid` is answered with 503, because its key may be
 * new. A key that the issuer removed works for 10 minutes; if the issuer cannot be reached, known keys
 * work for an hour. A token without `kid` is tried against at most 4 keys, beginning with those that
 * verified last. A key that cannot be used is skipped.
 *
 * A verified token is cached until it expires or the keys change, for 10 minutes at most, so that its signature
 * is not verified for every request. Its times are checked on every use.
 *
 * It does not check scopes, which the gate does, nor revocation: a JWT is valid until `exp`, unless
 * {@link JwtVerifier.revoke} refuses it.
 *
 * @example
 * ```ts
 * const gate = createGate({
 *   resource: 'https://notes.example.com/mcp',
 *   authorizationServers: ['https://idp.example.com'],
 *   verifier: jwtVerifier({ issuer: 'https://idp.example.com' }),
 *   scopes: ['notes:read'],
 * });
 * ```
 * @throws {@link TypeError} naming the option, at construction
 * @group Verifiers
 * @see {@link https://www.rfc-editor.org/rfc/rfc9068#section-4 RFC 9068 s4}
 */
export function jwtVerifier(options: JwtVerifierOptions): JwtVerifier {
  const settings = checkJwtOptions(options);
  const optOuts = warnOfOptOuts(settings);
  const checker = new JwtChecker(settings);
  const verify = (
    token: string,
    context: VerifierContext,
  ): VerifiedToken | undefined | Promise<VerifiedToken | undefined> =>
    checker.verify(token, context);
  return Object.freeze(
    Object.assign(verify, {
      audiences: settings.audiences ?? [],
      issuers: Object.freeze([...settings.issuers.keys()].map(String)),
      clockTolerance: settings.clockTolerance,
      [EXPECTATIONS]: expectationsFrom(settings),
      ...allowedIssuers(settings.addresses),
      ...(optOuts.length > 0 && { [OPT_OUTS]: Object.freeze(optOuts) }),
      revoke: (predicate: (claims: Claims) => boolean) => checker.revoke(predicate),
      [IS_REVOKED]: (claims: Claims) => checker.isRevoked(claims),
    }),
  );
}

/**
 * Warns of each option that accepts tokens for another audience, without an audience or without `exp`. Returns
 * the names of those options that MCP forbids.
 */
function warnOfOptOuts(settings: JwtSettings): readonly string[] {
  const { observedUntil, warn, clientsWithoutAudience, maxAgeWithoutExpiry } = settings;
  const optOuts: string[] = [];
  if (Number.isFinite(observedUntil)) {
    const until = new Date(observedUntil).toISOString();
    const message = `tokens for any audience are accepted until ${until}`;
    emitWarning(warn, { code: 'audience_observed', message });
  }
  if (clientsWithoutAudience.size > 0) {
    optOuts.push('dangerouslyAcceptMissingAudience');
    const message = `tokens without any audience are accepted from ${[...clientsWithoutAudience].join(' ')}: each service that gets one can use it here`;
    emitWarning(warn, { code: 'audience_optional', message });
  }
  if (maxAgeWithoutExpiry !== undefined) {
    optOuts.push('dangerouslyAcceptMissingExpiry');
    const message = `tokens without exp are accepted for ${maxAgeWithoutExpiry} seconds after iat`;
    emitWarning(warn, { code: 'expiry_optional', message });
  }
  return optOuts;
}
markFactory(jwtVerifier);

/** Returns what tools need to explain a refusal to a developer. */
function expectationsFrom(settings: JwtSettings): VerifierExpectations {
  const { audiences, exclusiveAudience, requiredClaims, clockTolerance } = settings;
  const { observedUntil, clock } = settings;
  return Object.freeze({
    ...{ audiences, exclusiveAudience, requiredClaims, clockTolerance, observedUntil, clock },
    issuers: [...settings.issuers.keys()].map(String),
    types: [...settings.types],
    algorithms: [...settings.algorithms].map(String),
    check: (token: string, resource: string) =>
      checkToken(token, { ...settings, resource, checksBinding: false, now: readClock(clock) }),
  });
}
