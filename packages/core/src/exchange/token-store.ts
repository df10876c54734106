/**
 * Keeps the tokens for an API. Concurrent calls that need the same token wait for one exchange.
 *
 * @module
 */
import type { Auth } from '../policy/index.js';
import { ExpiringMap, SingleFlight, mayBeRevoked, sha256 } from '../token/index.js';
import type { ExchangeSettings } from './check-options.js';
import { UpstreamTokenError } from './errors.js';
import { exchange } from './exchange.js';

/** A token that is kept, and the caller for whom it was issued. */
interface Kept {
  readonly token: string;
  readonly auth: Auth;
  /** The time until which the token is not renewed again; 0 for one that is no renewal. */
  readonly renewedUntil: number;
}

/** Seconds for which a token is kept if its expiry is not known. */
const UNKNOWN_EXPIRY = 60;

export class TokenStore {
  readonly #settings: ExchangeSettings;
  readonly #tokens: ExpiringMap<Kept>;
  readonly #failures: ExpiringMap<unknown>;
  readonly #flights = new SingleFlight<string>();
  #running = 0;
  /** Counts revocations: a token asked for before one is not kept, nor given to calls that begin after it. */
  #revocations = 0;
  #revokedAt = -Infinity;

  constructor(settings: ExchangeSettings) {
    this.#settings = settings;
    this.#tokens = new ExpiringMap(settings.cache);
    this.#failures = new ExpiringMap(settings.cache);
    const { revocations } = settings;
    revocations?.onRevoked(() => this.deleteWhere((auth) => mayBeRevoked(auth, revocations)));
  }

  /** Returns the token of a caller. A failure is remembered for `failureTtl` seconds. */
  get(auth: Auth, scopes: readonly string[]): Promise<string>;
  /**
   * Returns another token than the one that the API refused; `undefined` if the exchange returns the same one, or
   * if the refused one was renewed less than `failureTtl` seconds ago: an API that refuses every token must not
   * cause an exchange for each call.
   */
  get(auth: Auth, scopes: readonly string[], rejected: string): Promise<string | undefined>;
  async get(auth: Auth, scopes: readonly string[], rejected?: string): Promise<string | undefined> {
    this.#expectCurrent(auth);
    const token = await this.#find(auth, scopes, rejected);
    // The caller may have been revoked in the meantime.
    this.#expectCurrent(auth);
    return token === rejected ? undefined : token;
  }

  deleteWhere(predicate: (auth: Auth) => boolean): void {
    this.#revocations += 1;
    this.#revokedAt = this.#settings.now();
    this.#tokens.deleteWhere(({ auth }) => predicate(auth));
  }

  async #find(
    auth: Auth,
    scopes: readonly string[],
    rejected: string | undefined,
  ): Promise<string | undefined> {
    const { now, identity } = this.#settings;
    const time = now();
    // Callers without a subject cannot be distinguished, so nothing is shared or kept for them.
    if (auth.bindingKey === undefined) {
      return this.#counted(async () => (await exchange(auth, scopes, this.#settings)).token);
    }
    // Tokens differ by authorization server and API, by the caller and the caller's token, and by scopes. The key
    // is a digest, since instances may share it, and it must not reveal a token.
    const { bindingKey, token, kind } = auth;
    const key = await sha256(JSON.stringify([identity, bindingKey, kind, token, ...scopes]));
    const kept = this.#tokens.get(key, time);
    if (kept !== undefined && kept.token !== rejected) return kept.token;
    if (kept !== undefined && time < kept.renewedUntil) return undefined;
    const failure = this.#failures.get(key, time);
    if (failure !== undefined) throw failure;
    // A call after a revocation must not wait for an exchange that began before it.
    const flight = `${this.#revocations} ${key}`;
    // Capacity is checked outside of the flight: a failure inside of it is remembered.
    const running = this.#flights.get(flight);
    return (
      running ??
      this.#counted(() =>
        this.#flights.run(flight, () => this.#obtain(key, auth, scopes, rejected)),
      )
    );
  }

  /** Takes the token that another instance stored, or gets one by an exchange. */
  async #obtain(
    key: string,
    auth: Auth,
    scopes: readonly string[],
    rejected: string | undefined,
  ): Promise<string> {
    const { now, cache, report } = this.#settings;
    const since = now();
    const revocations = this.#revocations;
    const end = Math.min(since + cache.ttl, auth.expiresAt ?? Infinity);
    const keep = (token: string, until: number, renewedUntil: number): boolean => {
      if (revocations !== this.#revocations || until <= since) return false;
      // The size of the caller's claims is estimated from the caller's token.
      const size = token.length + 4 * auth.token.length;
      this.#tokens.set(key, { token, auth, renewedUntil }, size, { since, until });
      return true;
    };
    try {
      const bounds = { revokedAt: this.#revokedAt, except: [rejected, auth.token] };
      const found = await cache.shared?.find(key, bounds, report);
      if (found && keep(found.token, Math.min(found.until, end), 0)) return found.token;
      const { token, expiresIn } = await exchange(auth, scopes, this.#settings);
      // A token is not kept for the last tenth of its lifetime, so that a call with it can still complete.
      const lifetime = expiresIn === undefined ? UNKNOWN_EXPIRY : expiresIn * 0.9;
      const until = Math.min(since + lifetime, end);
      const isKept = keep(token, until, rejected === undefined ? 0 : since + cache.failureTtl);
      if (isKept) void cache.shared?.store(key, { token, since, until }, report);
      return token;
    } catch (error) {
      this.#failures.set(key, error, 0, { since, until: now() + cache.failureTtl });
      throw error;
    }
  }

  /** Runs `work` unless too much of it is running already: each exchange may wait until its time limit. */
  async #counted<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#settings.maxConcurrentRequests) {
      throw new UpstreamTokenError('exchange_unavailable', 'too many exchanges');
    }
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
    }
  }

  /** Throws if the caller's token was revoked: a handler may hold an `auth` longer than its token is valid. */
  #expectCurrent(auth: Auth): void {
    if (mayBeRevoked(auth, this.#settings.revocations)) {
      throw new UpstreamTokenError('not_exchangeable', 'the token was revoked');
    }
  }
}
