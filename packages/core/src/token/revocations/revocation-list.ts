/**
 * Remembers revocations, and finds out whether a token is revoked without comparing it with each of them.
 *
 * @module
 */
import { callHook } from '../../call-hook.js';
import { checkKind, expect, readOptions } from '../../options.js';
import {
  CLOCK_TOLERANCE,
  MAX_EPOCH_SECONDS,
  readClock,
  revocableName,
  wasIssuedBefore,
} from '../index.js';
import type { Clock, RevocableToken, Revocation, RevokedName } from '../index.js';

/** One revocation, without the members that name tokens. Times are seconds since the epoch. */
interface Entry {
  readonly issuedBefore: number;
  readonly until: number;
}

/** The members of a revocation that name a token; together they are the key of an entry. */
const NAMES: readonly RevokedName[] = ['issuer', 'subject', 'clientId', 'jti', 'bindingKey'];

/**
 * A bounded list of revocations. They are grouped by the members that they have, so that a token is
 * compared with one key for each group, and never with each revocation.
 */
export class RevocationList {
  readonly #maxEntries: number;
  readonly #clock: Clock;
  /** The entries by the members that are given, as bits of {@link NAMES}, and then by their values. */
  readonly #groups = new Map<number, Map<string, readonly Entry[]>>();
  readonly #listeners = new Set<(revocation: Revocation) => void>();
  #size = 0;

  constructor(maxEntries: number, clock: Clock) {
    this.#maxEntries = maxEntries;
    this.#clock = clock;
  }

  /** Whether a revocation that has not ended fits the token. */
  isRevoked(token: RevocableToken): boolean {
    if (this.#size === 0) return false;
    const now = readClock(this.#clock) / 1000;
    for (const [group, entries] of this.#groups) {
      const key = keyOf(group, token, revocableName);
      const found = key === undefined ? undefined : entries.get(key);
      const fits = ({ until, issuedBefore }: Entry): boolean =>
        until > now && wasIssuedBefore(token, issuedBefore);
      if (found?.some(fits) === true) return true;
    }
    return false;
  }

  /**
   * Checks a revocation, adds it, and calls the listeners. Returns a frozen copy. A revocation that has ended,
   * or that an earlier one covers, is checked only.
   *
   * @param until - the end that was given; the list adds the longest clock tolerance of a verifier, since a
   * token is accepted that long after it has expired
   * @throws {@link TypeError} naming the member that is wrong; also for a revocation without members, since it
   * would fit every token
   * @throws {@link RangeError} if the list is full of revocations that have not ended: removing one of them
   * would accept its tokens again
   */
  add(given: Revocation, until: number): Revocation {
    const revocation = checkRevocation(given, until);
    const now = readClock(this.#clock) / 1000;
    const entry = {
      issuedBefore: revocation.issuedBefore ?? Infinity,
      until: until + CLOCK_TOLERANCE.max,
    };
    if (entry.until <= now) return revocation;
    const group = groupOf(revocation);
    const key = keyOf(group, revocation, (source, name) => source[name]) as string;
    const known = this.#groups.get(group)?.get(key) ?? [];
    if (known.some((other) => covers(other, entry))) return revocation;
    const rest = known.filter((other) => !covers(entry, other));
    if (this.#size - known.length + rest.length >= this.#maxEntries) {
      this.#dropEnded(now);
      if (this.#size >= this.#maxEntries) {
        throw new RangeError(`${this.#maxEntries} revocations have not ended: raise maxEntries`);
      }
    }
    this.#set(group, key, [...rest.filter(({ until: end }) => end > now), entry]);
    // An error of a listener does not undo the revocation.
    for (const listener of this.#listeners) callHook(() => listener(revocation));
    return revocation;
  }

  /** Calls `listener` for each revocation that is added. Returns a function that removes the listener. */
  onRevoked(listener: (revocation: Revocation) => void): () => void {
    checkKind(listener, 'onRevoked', 'a function');
    // A new function for each call, so that the same listener can be added twice and removed once.
    const own = (revocation: Revocation): void => listener(revocation);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  #set(group: number, key: string, entries: readonly Entry[]): void {
    const byKey = this.#groups.get(group) ?? new Map<string, readonly Entry[]>();
    this.#size += entries.length - (byKey.get(key)?.length ?? 0);
    if (entries.length > 0) byKey.set(key, entries);
    else byKey.delete(key);
    if (byKey.size > 0) this.#groups.set(group, byKey);
    else this.#groups.delete(group);
  }

  #dropEnded(now: number): void {
    for (const [group, byKey] of this.#groups) {
      for (const [key, entries] of byKey) {
        const current = entries.filter(({ until }) => until > now);
        if (current.length < entries.length) this.#set(group, key, current);
      }
    }
  }
}

function checkRevocation(given: Revocation, until: unknown): Revocation {
  const { issuedBefore, ...names } = readOptions<Revocation>(given, MEMBERS, 'revoke');
  for (const name of NAMES) {
    // A missing value often becomes an empty text, and `clientId: ''` would fit all tokens without a client.
    expect(names[name] !== '', `revoke.${name}`, 'expected a non-empty string');
  }
  const members = Object.entries({ ...names, issuedBefore }).filter(
    ([, value]) => value !== undefined,
  );
  // It has no prototype, since a polluted one would add a member and so narrow the revocation.
  const revocation = Object.assign(Object.create(null) as object, Object.fromEntries(members));
  expect(Object.keys(revocation).length > 0, 'revoke', 'expected at least one member');
  checkKind(until, 'revoke.until', EPOCH_SECONDS);
  return Object.freeze(revocation);
}

/** A value in milliseconds would be read as a date thousands of years ahead. */
const EPOCH_SECONDS = { min: 0, max: MAX_EPOCH_SECONDS - 1, unit: 'seconds since the epoch' };

const MEMBERS: Parameters<typeof readOptions<Revocation>>[1] = {
  issuer: ['a string'],
  subject: ['a string'],
  clientId: ['a string'],
  jti: ['a string'],
  bindingKey: ['a string'],
  issuedBefore: [EPOCH_SECONDS],
};

function groupOf(revocation: Revocation): number {
  return NAMES.reduce((bits, name, index) => {
    return revocation[name] === undefined ? bits : bits | (1 << index);
  }, 0);
}

/** Returns the values of a group's members as one text; `undefined` if one is missing. */
function keyOf<T>(
  group: number,
  source: T,
  read: (source: T, name: RevokedName) => string | undefined,
): string | undefined {
  let key = '';
  for (const [index, name] of NAMES.entries()) {
    if ((group & (1 << index)) === 0) continue;
    const value = read(source, name);
    if (value === undefined) return undefined;
    // The length separates the values, which may contain any character.
    key += `${value.length}:${value}`;
  }
  return key;
}

/** Whether every token that `other` refuses is refused by `entry`, and for as long. */
function covers(entry: Entry, other: Entry): boolean {
  return entry.issuedBefore >= other.issuedBefore && entry.until >= other.until;
}
