/**
 * Keeps the tokens for an API, and gets each of them once for all who wait for it.
 *
 * @module
 */
import type { Auth } from '../policy/index.js';
import { ExpiringMap, SingleFlight, fitsRevocation, sha256 } from '../token/index.js';
import type { RevocableToken } from '../token/index.js';
import type { ExchangeSettings } from './check-options.js';
import { UpstreamTokenError } from './errors.js';
import { exchange } from './exchange.js';
import type { Exchanged } from './read-answer.js';

/** A token that is kept, and whose it is. */
interface Kept {
  readonly token: string;
  readonly owner: RevocableToken;
  /** The time until which it is not renewed, because it was renewed just before; 0 for any other token. */
  readonly renewedUntil: number;
}

/** Seconds for which a token is kept whose expiry is not known. */
const UNKNOWN_EXPIRY = 60;

export class TokenStore {
  readonly #settings: ExchangeSettings;
  readonly #tokens: ExpiringMap<Kept>;
  readonly #failures: ExpiringMap<unknown>;
  readonly #flights = new SingleFlight<string>();
  #running = 0;
  /** Counts revocations, so that a token that was asked for before one is not kept after it. */
  #revocations = 0;

  constructor(settings: ExchangeSettings) {
    this.#settings = settings;
    this.#tokens = new ExpiringMap(settings.cache);
    this.#failures = new ExpiringMap(settings.cache);
    settings.revocations?.onRevoked((revocation) => {
      this.deleteWhere((owner) => fitsRevocation(owner, revocation));
    });
  }

  /** Returns the token of a caller. A failure is remembered for a few seconds. */
  get(auth: Auth, scopes: readonly string[]): Promise<string>;
  /**
   * Returns another token than the one that the API refused; `undefined` if that one was itself a renewed one of
   * the last few seconds, so that an API which refuses every token does not cause an exchange for each call.
   */
  get(auth: Auth, scopes: readonly string[], rejected: string): Promise<string | undefined>;
  async get(auth: Auth, scopes: readonly string[], rejected?: string): Promise<string | undefined> {
    const time = this.#settings.now();
    // Without a subject, callers cannot be distinguished, so no token is kept: it could reach another caller.
    if (auth.bindingKey === undefined) {
      this.#expectCapacity();
      return (await this.#exchange(auth, scopes)).token;
    }
    const key = await keyOf(auth, scopes);
    const kept = this.#tokens.get(key, time);
    if (kept !== undefined && kept.token !== rejected) return kept.token;
    if (kept !== undefined && time < kept.renewedUntil) return undefined;
    const failure = this.#failures.get(key, time);
    if (failure !== undefined) throw failure;
    // Not inside of the flight, whose failures are remembered.
    if (this.#flights.get(key) === undefined) this.#expectCapacity();
    return this.#flights.run(key, () => this.#find(key, auth, scopes, rejected !== undefined));
  }

  deleteWhere(predicate: (owner: RevocableToken) => boolean): void {
    this.#revocations += 1;
    this.#tokens.deleteWhere(({ owner }) => predicate(owner));
  }

  async #find(
    key: string,
    auth: Auth,
    scopes: readonly string[],
    isRenewal: boolean,
  ): Promise<string> {
    const { now, cache } = this.#settings;
    const since = now();
    const revocations = this.#revocations;
    try {
      const { token, expiresIn } = await this.#exchange(auth, scopes);
      // A tenth of its time is left for the call itself.
      const lifetime = expiresIn === undefined ? UNKNOWN_EXPIRY : expiresIn * 0.9;
      const until = Math.min(since + Math.min(cache.ttl, lifetime), auth.expiresAt ?? Infinity);
      if (revocations === this.#revocations) {
        const { issuer, subject, clientId, bindingKey, claims } = auth;
        const owner = { issuer, subject, clientId, bindingKey, claims };
        const renewedUntil = isRenewal ? since + cache.failureTtl : 0;
        this.#tokens.set(key, { token, owner, renewedUntil }, token.length, { since, until });
      }
      return token;
    } catch (error) {
      this.#failures.set(key, error, 0, { since, until: now() + cache.failureTtl });
      throw error;
    }
  }

  /** The number of requests is limited, since each may wait until the time limit. */
  #expectCapacity(): void {
    if (this.#running >= this.#settings.maxConcurrentRequests) {
      throw new UpstreamTokenError('exchange_unavailable', 'too many exchanges');
    }
  }

  async #exchange(auth: Auth, scopes: readonly string[]): Promise<Exchanged> {
    this.#running += 1;
    try {
      return await exchange(auth, scopes, this.#settings);
    } finally {
      this.#running -= 1;
    }
  }
}

/**
 * Makes the key of a caller's token: who, with which token, for which scopes. It is a digest, so that no key
 * shows a token. Each store is for one API.
 */
async function keyOf(
  { bindingKey, token, kind }: Auth,
  scopes: readonly string[],
): Promise<string> {
  const facts = JSON.stringify([bindingKey, kind, token, ...scopes]);
  return sha256(facts);
}
