/**
 * From the text of a token to a verified token: checks, signature, checks again, cache.
 *
 * @module
 */
import { TokenCache, own, readClock, settleToken } from '../index.js';
import type { Claims, VerifiedToken } from '../index.js';
import { isForUs } from './check-audience.js';
import { checkClaims } from './check-claims.js';
import { checkHeader } from './check-header.js';
import type { JwtSettings } from './check-options.js';
import type { JwtWarning } from './options.js';
import { parseJwt } from './parse-jwt.js';
import type { ParsedJwt } from './parse-jwt.js';
import { verifySignature } from './verify-signature.js';
import type { VerifiedJwt } from './verify-signature.js';

type Answer = VerifiedToken | undefined;
type Predicate = (claims: Claims) => boolean;

/** Milliseconds after which a signature is verified again, also where keys never change. */
const MAX_REMEMBERED = 600_000;

/** Characters of a token's `aud` that a message repeats. */
const MAX_NAMED = 500;

export class JwtChecker {
  readonly #settings: JwtSettings;
  readonly #cache: TokenCache | undefined;
  /** Verifications under way: the same token is verified once for all who wait. */
  readonly #flights = new Map<string, Promise<Answer>>();
  readonly #revoked = new Set<Predicate>();

  constructor(settings: JwtSettings) {
    this.#settings = settings;
    this.#cache = settings.cache && new TokenCache(settings.cache);
  }

  /** Answers at once for a token that was verified before, and for one that is wrong by its looks. */
  verify(token: string, resource: string): Answer | Promise<Answer> {
    const { clock, audiences } = this.#settings;
    const now = readClock(clock);
    // What the answer depends on beside the token.
    const purpose = audiences === undefined ? resource : '';
    const known = this.#cache?.get(token, purpose, now);
    if (known !== undefined) return known;
    const jwt = parseJwt(token);
    if (jwt === undefined || !this.#isAcceptable(jwt, resource, now)) return undefined;
    const flight = `${purpose} ${token}`;
    let answer = this.#flights.get(flight);
    if (answer === undefined) {
      answer = this.#verifyOnce(token, jwt, resource, purpose).finally(() =>
        this.#flights.delete(flight),
      );
      this.#flights.set(flight, answer);
    }
    return answer;
  }

  /** Refuses what the predicate holds for, until the function returned is called. */
  revoke(predicate: Predicate): () => void {
    // A function of its own, so that the same predicate given twice is taken back twice.
    const isRevoked = (claims: Claims): boolean => {
      try {
        return predicate(claims);
      } catch {
        return true;
      }
    };
    this.#revoked.add(isRevoked);
    this.#cache?.drop(isRevoked);
    return () => {
      this.#revoked.delete(isRevoked);
    };
  }

  async #verifyOnce(
    token: string,
    jwt: ParsedJwt,
    resource: string,
    purpose: string,
  ): Promise<Answer> {
    const { issuers, algorithmNames, clock, observedUntil } = this.#settings;
    const iss = own(jwt.claims, 'iss');
    const issuer = issuers.get(iss);
    if (issuer === undefined) return undefined;
    const found = await verifySignature(token, jwt.header, issuer, algorithmNames);
    // Everything once more, on what was signed.
    if (found === undefined || own(found.claims, 'iss') !== iss) return undefined;
    const now = readClock(clock);
    if (!this.#isAcceptable(found, resource, now)) return undefined;
    const { claims, keys } = found;
    const observed = !this.#isForUs(claims, resource);
    const verified = settleToken(claims, observed ? observedUntil : undefined);
    for (const isRevoked of this.#revoked) if (isRevoked(claims)) return undefined;
    if (observed) this.#report(own(claims, 'aud'), resource);
    this.#cache?.set({
      ...{ token, purpose, verified, claims },
      ...this.#lifetime(claims, observed),
      stands: (at) => at - now < MAX_REMEMBERED && issuer.isCurrent(keys, at),
    });
    return verified;
  }

  #isAcceptable(
    { header, claims }: ParsedJwt | VerifiedJwt,
    resource: string,
    now: number,
  ): boolean {
    const settings = this.#settings;
    return (
      checkHeader(header, settings) === undefined &&
      settings.issuers.has(own(claims, 'iss')) &&
      checkClaims(claims, now / 1000, settings) === undefined &&
      (this.#isForUs(claims, resource) || now < settings.observedUntil)
    );
  }

  #isForUs(claims: Claims, resource: string): boolean {
    const { audiences = [resource], additionalAudiences } = this.#settings;
    return isForUs(own(claims, 'aud'), audiences, additionalAudiences);
  }

  /** In milliseconds, the tolerance included. */
  #lifetime(claims: Claims, observed: boolean): { notBefore: number; expiresAt: number } {
    const { clockTolerance, observedUntil } = this.#settings;
    const expiresAt = (Number(own(claims, 'exp')) + clockTolerance) * 1000;
    return {
      notBefore: (Number(own(claims, 'nbf') ?? -Infinity) - clockTolerance) * 1000,
      expiresAt: observed ? Math.min(expiresAt, observedUntil) : expiresAt,
    };
  }

  #report(found: unknown, resource: string): void {
    const { warn, audiences: accepted = [resource], observedUntil } = this.#settings;
    const until = new Date(observedUntil).toISOString();
    const named = JSON.stringify(found)?.slice(0, MAX_NAMED) ?? 'no audience';
    const message = `a token for ${named} was accepted in the place of one for ${accepted.join(' ')}; from ${until} on it is refused`;
    tell(warn, { code: 'audience_mismatch', message, found, accepted });
  }
}

/** Tells the application; a hook that throws changes nothing. */
export function tell(warn: (warning: JwtWarning) => void, warning: JwtWarning): void {
  try {
    warn(Object.freeze(warning));
  } catch {
    // The hook is for watching only.
  }
}
