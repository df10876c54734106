/**
 * Verifies a token: runs the checks, verifies the signature, runs the checks again, and caches the
 * result.
 *
 * @module
 */
import { SingleFlight, freezeToken, parseJwt, readClock } from '../index.js';
import type { Claims, ParsedJwt, RefusalDetail, VerifiedToken, VerifierContext } from '../index.js';
import { expiryOf, isForResource } from './check-claims.js';
import type { JwtSettings } from './check-options.js';
import { isAcceptable } from './check-token.js';
import { describeFailure } from './describe-failure.js';
import type { CheckContext } from './types.js';
import { verifySignature } from './verify-signature.js';
import { emitWarning } from './warn.js';
import { has, ownMember } from '../../values.js';

type Answer = VerifiedToken | undefined;
/** What all concurrent requests with a token share: the verified token, or why it is refused. */
type Verdict = VerifiedToken | RefusalDetail;
/** The facts about a call: its resource, whether `cnf` is compared, and where to say why a token is refused. */
type Call = Pick<VerifierContext, 'resource' | 'explain' | 'checksBinding'>;
type Predicate = (claims: Claims) => boolean;
/** What the caller of the verifier says about one token. */
type CallContext = Pick<CheckContext, 'resource' | 'checksBinding'>;

/** Milliseconds for which a token is cached at most, even if it stays valid and the keys never change. */
const MAX_REMEMBERED = 600_000;

/** Maximum number of characters of a token's `aud` in a message. */
const MAX_NAMED = 500;

export class JwtChecker {
  readonly #settings: JwtSettings;
  /** Running verifications: a token is verified once for all requests that wait for it. */
  readonly #flights = new SingleFlight<Verdict>();
  readonly #revoked = new Set<Predicate>();

  constructor(settings: JwtSettings) {
    this.#settings = settings;
  }

  /** Verifies a token. It returns no promise for a token in the cache, and for one that fails a check. */
  verify(token: string, call: Call): Answer | Promise<Answer> {
    const { clock, audiences } = this.#settings;
    const { resource, checksBinding = false } = call;
    const now = readClock(clock);
    // The answer depends on the token and, unless the options name audiences, on the resource.
    // A bound token is valid only for a caller that checks the binding. `#bound` is unambiguous, since no
    // resource has a fragment.
    const forAudience = audiences === undefined ? resource : '';
    const audienceKey = checksBinding ? `${forAudience}#bound` : forAudience;
    const known = this.#settings.cache?.get(token, audienceKey, now);
    if (known !== undefined) return known;
    const context: CallContext = { resource, checksBinding };
    const jwt = parseJwt(token);
    if (jwt === undefined) return refuse(call, { detail: 'form' });
    if (!this.#isAcceptable(jwt, context, now)) {
      call.explain?.(this.#describe(jwt, context, now));
      return undefined;
    }
    // The key is unambiguous, because neither a token nor a resource contains a space.
    const flight = this.#flights.run(`${token} ${audienceKey}`, () =>
      this.#verifyOnce(token, jwt, context, audienceKey),
    );
    return flight.then((verdict) => (has(verdict, 'detail') ? refuse(call, verdict) : verdict));
  }

  /**
   * Refuses tokens that match the predicate, until the returned function is called. It is asked on each use of a
   * token, also of a cached one, since its answer may change.
   */
  revoke(predicate: Predicate): () => void {
    // Each call wraps the predicate in a new function, so that a predicate that was added twice must be
    // removed twice.
    const isRevoked = (claims: Claims): boolean => {
      try {
        return predicate(claims);
      } catch {
        return true;
      }
    };
    this.#revoked.add(isRevoked);
    return () => {
      this.#revoked.delete(isRevoked);
    };
  }

  /** Whether a predicate of {@link revoke} matches the claims of a token. */
  isRevoked(claims: Claims): boolean {
    for (const isRevoked of this.#revoked) if (isRevoked(claims)) return true;
    return false;
  }

  async #verifyOnce(
    token: string,
    jwt: ParsedJwt,
    context: CallContext,
    audienceKey: string,
  ): Promise<Verdict> {
    const { issuers, clock, observedUntil, identify, readScopes } = this.#settings;
    const { header, claims } = jwt;
    const issuer = issuers.get(ownMember(claims, 'iss'));
    if (issuer === undefined) return { detail: 'issuer' };
    const keys = await verifySignature(token, header, issuer);
    if (typeof keys === 'string') return { detail: keys };
    // Check the parsed claims again, because the token may have expired while the keys were fetched.
    const now = readClock(clock);
    if (!this.#isAcceptable(jwt, context, now)) return this.#describe(jwt, context, now);
    const { resource } = context;
    const observed = !isForResource(claims, { ...this.#settings, resource });
    const expiresAt = this.#expiryOf(claims);
    const isStated = ownMember(claims, 'exp') !== undefined;
    const verified = freezeToken(claims, {
      scopes: readScopes(claims),
      identify: isStated ? identify : (known) => ({ ...identify?.(known), expiresAt }),
      ...(observed && { observedUntil }),
    });
    if (this.isRevoked(claims)) return { detail: 'revoked' };
    if (observed) this.#report(ownMember(claims, 'aud'), resource);
    this.#settings.cache?.set({
      ...{ token, audienceKey, verified },
      ...this.#lifetime(claims, observed),
      isStillValid: (at) =>
        at - now < MAX_REMEMBERED && issuer.source.isCurrent(keys, at) && !this.isRevoked(claims),
    });
    return verified;
  }

  #describe(jwt: ParsedJwt, context: CallContext, now: number): RefusalDetail {
    return describeFailure(jwt, { ...this.#settings, ...context, now });
  }

  #isAcceptable(jwt: ParsedJwt, context: CallContext, now: number): boolean {
    return isAcceptable(jwt, { ...this.#settings, ...context, now });
  }

  #expiryOf(claims: Claims): number {
    return Number(expiryOf(claims, this.#settings.maxAgeWithoutExpiry));
  }

  /**
   * Returns the times between which a token may be used, in milliseconds since the epoch, with the
   * tolerance. A token with a wrong audience may be used until `observedUntil` at most.
   */
  #lifetime(claims: Claims, observed: boolean): { notBefore: number; expiresAt: number } {
    const { clockTolerance, observedUntil } = this.#settings;
    const expiresAt = (this.#expiryOf(claims) + clockTolerance) * 1000;
    return {
      notBefore: (Number(ownMember(claims, 'nbf') ?? -Infinity) - clockTolerance) * 1000,
      expiresAt: observed ? Math.min(expiresAt, observedUntil) : expiresAt,
    };
  }

  #report(found: unknown, resource: string): void {
    const { warn, audiences: accepted = [resource], observedUntil } = this.#settings;
    const until = new Date(observedUntil).toISOString();
    const named = JSON.stringify(found)?.slice(0, MAX_NAMED) ?? 'no audience';
    const message = `a token for ${named} was accepted in the place of one for ${accepted.join(' ')}; from ${until} on it is refused`;
    emitWarning(warn, { code: 'audience_mismatch', message, found, accepted });
  }
}

/** Says why a token is refused, and returns the answer for such a token. */
function refuse({ explain }: Call, detail: RefusalDetail): undefined {
  explain?.(detail);
}
