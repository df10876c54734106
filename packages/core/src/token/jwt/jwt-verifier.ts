/**
 * Verifies JWT access tokens (RFC 9068) over jose.
 *
 * @module
 */
import { TokenCache, own, readClock, settleToken } from '../index.js';
import type { Claims, VerifiedToken, Verifier, VerifierContext } from '../index.js';
import { checkClaims } from './check-claims.js';
import { checkHeader } from './check-header.js';
import { checkJwtOptions } from './options.js';
import type { JwtSettings, JwtVerifierOptions } from './options.js';
import { parseJwt } from './parse-jwt.js';
import type { ParsedJwt } from './parse-jwt.js';
import { verifySignature } from './verify-signature.js';

/** A verifier of JWTs that can be told to refuse tokens before they expire. */
export interface JwtVerifier extends Verifier {
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
 * asymmetric and allowed, no `crit`, `typ`, `iss` exactly, `aud`, `exp` present and finite, `nbf`;
 * then the signature with the issuer's own keys. Key material in the token (`jwk`, `jku`, `x5u`,
 * `x5c`) is ignored. Encrypted and nested tokens are refused, and tokens bound to a key or
 * certificate (`cnf`), because nothing here checks the proof.
 *
 * Keys are fetched with the first token, for all who wait; renewed after 10 minutes, and at most
 * every 30 seconds for a key that is not known. A key that the issuer withdrew works until then; if
 * the issuer cannot be reached, known keys work for an hour.
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
  const checker = new JwtChecker(settings);
  const verify = (
    token: string,
    context: VerifierContext,
  ): VerifiedToken | undefined | Promise<VerifiedToken | undefined> =>
    checker.verify(token, context.resource);
  return Object.freeze(
    Object.assign(verify, {
      audiences: settings.audiences ?? [],
      revoke: (predicate: (claims: Claims) => boolean) => checker.revoke(predicate),
    }),
  );
}

/** Milliseconds after which a signature is verified again, also where keys never change. */
const MAX_REMEMBERED = 600_000;

type Verification = Promise<VerifiedToken | undefined>;

class JwtChecker {
  readonly #settings: JwtSettings;
  readonly #cache: TokenCache | undefined;
  /** Verifications under way: the same token is verified once for all who wait. */
  readonly #flights = new Map<string, Verification>();
  readonly #revoked = new Set<(claims: Claims) => boolean>();

  constructor(settings: JwtSettings) {
    this.#settings = settings;
    this.#cache = settings.cache && new TokenCache(settings.cache);
  }

  /** Answers at once for a token that was verified before, and for one that is wrong by its looks. */
  verify(token: string, resource: string): VerifiedToken | undefined | Verification {
    const { clock, audiences } = this.#settings;
    const now = readClock(clock);
    const purpose = audiences === undefined ? resource : '';
    const known = this.#cache?.get(token, purpose, now);
    if (known !== undefined) return known;
    const jwt = parseJwt(token);
    if (jwt === undefined || !this.#isAcceptable(jwt, resource, now)) return undefined;
    const flight = `${purpose} ${token}`;
    let verification = this.#flights.get(flight);
    if (verification === undefined) {
      verification = this.#verifyOnce(token, jwt, resource, purpose).finally(() =>
        this.#flights.delete(flight),
      );
      this.#flights.set(flight, verification);
    }
    return verification;
  }

  revoke(predicate: (claims: Claims) => boolean): () => void {
    // Wrapped, so that the same predicate given twice is taken back twice.
    const revoked = (claims: Claims): boolean => {
      try {
        return predicate(claims);
      } catch {
        return true;
      }
    };
    this.#revoked.add(revoked);
    this.#cache?.drop(revoked);
    return () => {
      this.#revoked.delete(revoked);
    };
  }

  async #verifyOnce(
    token: string,
    jwt: ParsedJwt,
    resource: string,
    purpose: string,
  ): Verification {
    const { issuers, algorithmNames, clock, clockTolerance } = this.#settings;
    const iss = own(jwt.claims, 'iss');
    const issuer = issuers.get(iss);
    if (issuer === undefined) return undefined;
    const found = await verifySignature(token, jwt.header, issuer, algorithmNames);
    if (found === undefined || own(found.claims, 'iss') !== iss) return undefined;
    const { claims, keys } = found;
    const now = readClock(clock);
    if (!this.#isAcceptable(found, resource, now)) return undefined;
    const verified = settleToken(claims);
    for (const isRevoked of this.#revoked) if (isRevoked(claims)) return undefined;
    const expiresAt = ((own(claims, 'exp') as number) + clockTolerance) * 1000;
    const notBefore = (Number(own(claims, 'nbf') ?? -Infinity) - clockTolerance) * 1000;
    const stands = (at: number): boolean => at - now < MAX_REMEMBERED && issuer.isCurrent(keys, at);
    this.#cache?.set({ token, purpose, verified, claims, expiresAt, notBefore, stands });
    return verified;
  }

  #isAcceptable({ header, claims }: ParsedJwt, resource: string, now: number): boolean {
    const settings = this.#settings;
    return (
      checkHeader(header, settings) === undefined &&
      settings.issuers.has(own(claims, 'iss')) &&
      checkClaims(claims, settings.audiences ?? [resource], now / 1000, settings) === undefined
    );
  }
}
