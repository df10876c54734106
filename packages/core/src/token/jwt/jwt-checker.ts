/**
 * From the text of a token to a verified token: checks, signature, checks again, cache.
 *
 * @module
 */
import { TokenCache, indexOf, readClock, freezeToken } from '../index.js';
import type { Claims, VerifiedToken } from '../index.js';
import { isForResource } from './check-claims.js';
import type { JwtSettings } from './check-options.js';
import { isAcceptable } from './check-token.js';
import { parseJwt } from './parse-jwt.js';
import type { ParsedJwt } from './types.js';
import { verifySignature } from './verify-signature.js';
import { tell } from './warn.js';
import { own } from '../../values.js';

type Answer = VerifiedToken | undefined;
type Predicate = (claims: Claims) => boolean;

/** Milliseconds after which a signature is verified again, also where keys never change. */
const MAX_REMEMBERED = 600_000;

/** Characters of a token's `aud` that a message repeats. */
const MAX_NAMED = 500;

interface Flight {
  readonly token: string;
  readonly purpose: string;
  readonly answer: Promise<Answer>;
}

export class JwtChecker {
  readonly #settings: JwtSettings;
  readonly #cache: TokenCache | undefined;
  /** Verifications under way: the same token is verified once for all who wait. */
  readonly #flights = new Map<string, Flight>();
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
    // The same token is verified once for all who wait.
    const key = indexOf(token);
    const flight = this.#flights.get(key);
    if (flight?.token === token && flight.purpose === purpose) return flight.answer;
    const verification = this.#verifyOnce(token, jwt, resource, purpose);
    if (flight !== undefined) return verification;
    const answer = this.#landed(key, verification);
    this.#flights.set(key, { token, purpose, answer });
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

  async #landed(key: string, verification: Promise<Answer>): Promise<Answer> {
    try {
      return await verification;
    } finally {
      this.#flights.delete(key);
    }
  }

  async #verifyOnce(
    token: string,
    jwt: ParsedJwt,
    resource: string,
    purpose: string,
  ): Promise<Answer> {
    const { issuers, clock, observedUntil, identify } = this.#settings;
    const { header, claims } = jwt;
    const issuer = issuers.get(own(claims, 'iss'));
    if (issuer === undefined) return undefined;
    const keys = await verifySignature(token, header, issuer);
    if (keys === undefined) return undefined;
    // Once more, now that it is known who says it, and time went by. It is the one reading of what
    // was signed that was checked before: a second one could only differ.
    const now = readClock(clock);
    if (!this.#isAcceptable(jwt, resource, now)) return undefined;
    const observed = !isForResource(claims, { ...this.#settings, resource });
    const verified = freezeToken(claims, { identify, ...(observed && { observedUntil }) });
    for (const isRevoked of this.#revoked) if (isRevoked(claims)) return undefined;
    if (observed) this.#report(own(claims, 'aud'), resource);
    this.#cache?.set({
      ...{ token, purpose, verified, claims },
      ...this.#lifetime(claims, observed),
      stands: (at) => at - now < MAX_REMEMBERED && issuer.isCurrent(keys, at),
    });
    return verified;
  }

  #isAcceptable(jwt: ParsedJwt, resource: string, now: number): boolean {
    return isAcceptable(jwt, { ...this.#settings, resource, now });
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
