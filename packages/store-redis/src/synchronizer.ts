/**
 * Keeps the revocations of this instance and those in Redis the same.
 *
 * @module
 */
import { RevocationList } from '@scopegate/core/revocations';
import type { Revocation } from '@scopegate/core';
import { listenTo } from './listen.js';
import type { Listening } from './listen.js';
import type { RedisClient } from './client.js';
import type { RevocationSet } from './revocation-set.js';

/** Milliseconds after which the whole set is read, also if its version is the same. */
const READ_AGAIN = 30_000;

/** Milliseconds between two attempts to subscribe. */
const SUBSCRIBE_AGAIN = 5_000;

/** Seconds for which a member is known after its end, as long as the list may still refuse its tokens. */
const KNOWN_AFTER_END = 60;

export interface SynchronizerOptions {
  readonly client: RedisClient;
  readonly set: RevocationSet;
  readonly maxEntries: number;
  /** Milliseconds without an answer after which it is unknown which tokens are revoked. */
  readonly maxStaleness: number;
}

/**
 * Looks at the version of the set again and again, and reads the set if additions were missed, after a
 * failure, and from time to time. Messages on the channel only make it quicker: each has the members that
 * were added and the version after that, so that the set need not be read.
 *
 * Revocations are never removed before their end: a set that lost members, as after a restart of Redis
 * without its data, gets them back from the instances that know them.
 */
export class Synchronizer {
  readonly list: RevocationList;
  /** The last time at which everything in Redis was known here, in milliseconds since the epoch. */
  confirmedAt: number = -Infinity;
  /** The last failure; `undefined` after a success. */
  failure: unknown;
  readonly #client: RedisClient;
  readonly #set: RevocationSet;
  readonly #maxStaleness: number;
  readonly #maxEntries: number;
  /** The members that are known here, with the end of each in seconds. */
  readonly #known = new Map<string, number>();
  /** The members that Redis may lack. */
  readonly #missing = new Map<string, number>();
  /** The additions that are known here: all up to `#version`, and those in `#later`. */
  #version = NaN;
  readonly #later = new Set<number>();
  readonly #waiting = new Set<() => void>();
  #readAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #staleTimer: NodeJS.Timeout | undefined;
  #isStale = true;
  #isClosed = false;
  #listening: Promise<Listening | undefined> | undefined;
  #triedToListenAt = -Infinity;

  constructor(options: SynchronizerOptions) {
    this.#client = options.client;
    this.#set = options.set;
    this.#maxEntries = options.maxEntries;
    this.#maxStaleness = options.maxStaleness;
    this.list = new RevocationList(options.maxEntries, () => Date.now());
    void this.#look();
  }

  /**
   * Whether it is unknown which tokens are revoked. A timer is needed, because the clock may be set back, and
   * the clock, because a process that stood still handles requests before its timers. A monotonic clock costs
   * several times as much, and does not count while a machine is suspended.
   */
  isStale(): boolean {
    return this.#isStale || Date.now() - this.confirmedAt > this.#maxStaleness;
  }

  /** Adds a revocation of this instance: at once here, and in Redis before the promise resolves. */
  async add(given: Revocation, until: number): Promise<void> {
    if (this.#known.size >= this.#maxEntries) this.#dropEnded();
    if (this.#known.size >= this.#maxEntries) {
      throw new RangeError(`${this.#maxEntries} revocations have not ended: raise maxEntries`);
    }
    const revocation = this.list.add(given, until);
    const member = this.#set.close(revocation, until);
    this.#known.set(member, until);
    this.#missing.set(member, until);
    await this.#addMissing();
  }

  /** Resolves when everything in Redis is known here for the first time. */
  ready(): Promise<void> {
    if (this.confirmedAt > -Infinity) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#staleTimer);
    this.#isStale = true;
    void this.#listening?.then((listening) => listening?.close());
  }

  /** Looks at the version, and again after the interval. Never rejects. */
  async #look(): Promise<void> {
    const startedAt = performance.now();
    const time = Date.now();
    try {
      const version = await this.#set.version();
      if (version !== this.#version || this.failure !== undefined) {
        await this.#read();
        this.#startAt(version);
        this.#readAt = startedAt;
      }
      if (this.#missing.size > 0) await this.#addMissing();
      this.#confirm(time);
      for (const resolve of this.#waiting) resolve();
      this.#waiting.clear();
    } catch (error) {
      this.failure = error ?? new Error('unknown');
    }
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#look(), this.#maxStaleness / 4);
    this.#timer.unref();
    if (this.failure !== undefined) return;
    this.#listen(startedAt);
    if (startedAt - this.#readAt >= READ_AGAIN) void this.#readAgain(startedAt);
  }

  #confirm(time: number): void {
    this.failure = undefined;
    if (this.#isClosed) return;
    this.confirmedAt = time;
    this.#isStale = false;
    clearTimeout(this.#staleTimer);
    this.#staleTimer = setTimeout(() => (this.#isStale = true), this.#maxStaleness);
    this.#staleTimer.unref();
  }

  /** Reads the set although its version is the same, because Redis may have lost members. */
  async #readAgain(now: number): Promise<void> {
    this.#readAt = now;
    try {
      await this.#read();
    } catch (error) {
      this.failure = error ?? new Error('unknown');
    }
  }

  async #read(): Promise<void> {
    const before = [...this.#known.keys()];
    const found = new Set<string>();
    await this.#set.read(Date.now() / 1000, (members) => {
      for (const member of members) {
        found.add(member);
        this.#learn(member);
      }
    });
    this.#dropEnded();
    // Those that became known in the meantime may have been added after they could be found.
    for (const member of before) {
      const until = this.#known.get(member);
      if (until !== undefined && !found.has(member)) this.#missing.set(member, until);
    }
  }

  #learn(member: string): void {
    if (this.#known.has(member)) return;
    const { revocation, until } = this.#set.open(member);
    this.list.add(revocation, until);
    this.#known.set(member, until);
  }

  async #addMissing(): Promise<void> {
    const entries = [...this.#missing];
    if (entries.length === 0) return;
    const version = await this.#set.add(entries);
    for (const [member] of entries) this.#missing.delete(member);
    this.#reach(version);
  }

  #hear(message: string): void {
    try {
      const { version, members } = this.#set.openMessage(message);
      for (const member of members) this.#learn(member);
      this.#reach(version);
    } catch {
      // Anybody with access to Redis can send anything. The next look at the version tells what is missing.
    }
  }

  #startAt(version: number): void {
    this.#version = version;
    for (const later of this.#later) if (later <= version) this.#later.delete(later);
    this.#advance();
  }

  /** Records that the members of one addition are known. Messages may come in another order. */
  #reach(version: number): void {
    if (!(version > this.#version)) return;
    // So many gaps do not come from messages in another order. The next look reads the set.
    if (this.#later.size >= 1_000) this.#later.clear();
    this.#later.add(version);
    this.#advance();
  }

  #advance(): void {
    while (this.#later.delete(this.#version + 1)) this.#version += 1;
  }

  /** Forgets the members that have ended, as the list does by itself. */
  #dropEnded(): void {
    const now = Date.now() / 1000;
    for (const [member, until] of this.#known) {
      if (until + KNOWN_AFTER_END > now) continue;
      this.#known.delete(member);
      this.#missing.delete(member);
    }
  }

  #listen(now: number): void {
    if (this.#listening !== undefined || now - this.#triedToListenAt < SUBSCRIBE_AGAIN) return;
    this.#triedToListenAt = now;
    const hear = (message: string): void => this.#hear(message);
    this.#listening = listenTo(this.#client, this.#set.channel, hear).catch(() => {
      // Without the channel, revocations are found a little later.
      this.#listening = undefined;
      return undefined;
    });
  }
}
