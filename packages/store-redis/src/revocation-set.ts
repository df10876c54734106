/**
 * The set of revocations in Redis: a sorted set of sealed members whose score is their end, and a version
 * that counts the additions.
 *
 * @module
 */
import { ownMember, parseJson } from '@scopegate/core/engine';
import type { Revocation } from '@scopegate/core';
import { textOf } from './client.js';
import type { Send } from './client.js';
import type { Seal } from './seal.js';

export interface StoredRevocation {
  readonly revocation: Revocation;
  /** Seconds since the epoch. */
  readonly until: number;
}

/** A sealed member, and its end in seconds since the epoch. */
export type Member = readonly [member: string, until: number];

/** What a message says: the version after an addition, and the members that were added. */
export interface Addition {
  readonly version: number;
  readonly members: readonly string[];
}

/** Seconds for which an ended revocation is kept: the tolerance of verifiers, and the difference of clocks. */
const KEPT_AFTER_END = 120;

/** Maximum number of members that one command writes, and about the number that one command reads. */
const BATCH = 500;

/** Maximum number of members in one message. If more are added, none is sent, and the set is read. */
const MAX_IN_MESSAGE = 20;

export class RevocationSet {
  /** The channel on which instances tell each other what they added. */
  readonly channel: string;
  readonly #key: string;
  readonly #versionKey: string;
  readonly #send: Send;
  readonly #seal: Seal;
  readonly #maxEntries: number;

  constructor(prefix: string, send: Send, seal: Seal, maxEntries: number) {
    // The braces put both keys into one slot of a Cluster: one node is up or down for both.
    this.#key = `{${prefix}:revocations}`;
    this.#versionKey = `${this.#key}:version`;
    this.channel = `${this.#key}:added`;
    this.#send = send;
    this.#seal = seal;
    this.#maxEntries = maxEntries;
  }

  /** Returns the member for a revocation. */
  close(revocation: Revocation, until: number): string {
    return this.#seal.close(JSON.stringify({ revocation, until }), this.#key);
  }

  /**
   * Returns what is in a member. The list checks it.
   *
   * @throws {@link Error} for a member that no instance with this secret wrote
   */
  open(member: string): StoredRevocation {
    const stored = parseJson(this.#seal.open(member, this.#key));
    return {
      revocation: ownMember(stored, 'revocation') as Revocation,
      until: ownMember(stored, 'until') as number,
    };
  }

  /** Reads a message. @throws {@link Error} for one that no instance with this secret sent */
  openMessage(message: string): Addition {
    return parseJson(this.#seal.open(message, this.channel)) as Addition;
  }

  /** Returns the number of additions so far. */
  async version(): Promise<number> {
    const answer = await this.#send('GET', this.#versionKey);
    return answer === null ? 0 : countOf(textOf(answer));
  }

  /**
   * Reads all members, and calls `onMembers` with each part of them. Those that ended more than two minutes
   * ago are removed first.
   */
  async read(now: number, onMembers: (members: readonly string[]) => void): Promise<void> {
    await this.#send('ZREMRANGEBYSCORE', this.#key, '-inf', `(${now - KEPT_AFTER_END}`);
    let count = 0;
    let cursor = '0';
    do {
      // ZSCAN returns every member that is there from the beginning to the end of the iteration.
      const answer = await this.#send('ZSCAN', this.#key, cursor, 'COUNT', String(BATCH));
      const [next, scored] = pairOf(answer);
      const members = scored.filter((_, index) => index % 2 === 0).map((member) => textOf(member));
      count += members.length;
      // ZSCAN may return a member twice, so only far more members than this instance can hold are an error.
      if (count > 3 * this.#maxEntries + BATCH) {
        throw new RangeError(
          'Redis has more revocations than maxEntries: raise it on all instances',
        );
      }
      onMembers(members);
      cursor = textOf(next);
    } while (cursor !== '0');
  }

  /** Adds members, counts the addition, and publishes it, unless it is large. Returns the version. */
  async add(entries: readonly Member[]): Promise<number> {
    for (let start = 0; start < entries.length; start += BATCH) {
      const batch = entries.slice(start, start + BATCH);
      const scored = batch.flatMap(([member, until]) => [String(until), member]);
      await this.#send('ZADD', this.#key, ...scored);
    }
    // After the members: an instance that sees the version finds them.
    const version = countOf(await this.#send('INCR', this.#versionKey));
    const members = entries.map(([member]) => member);
    if (members.length <= MAX_IN_MESSAGE) {
      const message = this.#seal.close(JSON.stringify({ version, members }), this.channel);
      // Without the message, the others find out when they look at the version next.
      this.#send('PUBLISH', this.channel, message).catch(() => {});
    }
    return version;
  }
}

function pairOf(answer: unknown): readonly [next: unknown, scored: readonly unknown[]] {
  if (Array.isArray(answer) && answer.length === 2 && Array.isArray(answer[1])) {
    return answer as unknown as readonly [unknown, readonly unknown[]];
  }
  throw new TypeError('Redis answered ZSCAN with what is no cursor and members');
}

function countOf(answer: unknown): number {
  const count = Number(answer);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new TypeError('Redis answered with what is no version');
}
