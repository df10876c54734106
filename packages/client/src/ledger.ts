/**
 * The ledger, which lists the recent authorizations for a resource and their results. It limits their number,
 * also across redirects and restarts if the store is persistent.
 *
 * @module
 */
import { ownMember, parseJson } from '@scopegate/core/engine';
import { memberText } from './member-text.js';
import type { AuthorizationReason } from './types.js';

/**
 * The store of the ledger: a `Map`, or an asynchronous store with the same methods. There is one value for
 * each resource, a JSON text of some kilobytes without a token. A store is for one user: if a process serves
 * several users, put the user into the keys.
 */
export interface LedgerStore {
  get(key: string): string | null | undefined | Promise<string | null | undefined>;
  set(key: string, value: string): unknown;
  delete(key: string): unknown;
}

/** The record of one authorization. */
export interface Attempt {
  /** The reason of the authorization; missing if another version of this library wrote the record. */
  readonly reason?: AuthorizationReason;
  /** The operation's id. */
  readonly operation: string;
  /** The scopes that the authorization asked for and the token did not have, as a `scope` value. */
  readonly added: string;
  /** The time of the authorization in milliseconds since the epoch. */
  readonly at: number;
  /** Whether the operation succeeded afterwards. */
  readonly ok: boolean;
}

/** The ledger's entry for one resource. */
export interface LedgerEntry {
  /** The scopes that the last login and its step-ups asked for, without those that a step-up did not get. */
  readonly requested?: string | undefined;
  /** The first authorization server in the metadata of the last authorization. */
  readonly issuer?: string | undefined;
  /** The authorizations that still count, in the order in which they began. */
  readonly attempts: readonly Attempt[];
}

/** Access to the entry of one resource. */
export interface Ledger {
  read(): Promise<LedgerEntry>;
  update(change: (entry: LedgerEntry) => Partial<LedgerEntry>): Promise<void>;
  readonly delete: () => Promise<void>;
}

/** The time for which `requested` and `issuer` are used after the last change, in milliseconds. */
const LIFETIME_MS = 30 * 24 * 3600 * 1000;

/**
 * Makes the access to the ledger's entry for a resource.
 *
 * @param forgetAfter - the time in seconds for which an authorization counts
 */
export function createLedger(store: LedgerStore, resource: string, forgetAfter: number): Ledger {
  const key = `scopegate:${resource}`;
  const read = async (): Promise<LedgerEntry> =>
    readEntry(await store.get(key), forgetAfter * 1000);
  return {
    read,
    async update(change) {
      const entry = await read();
      await store.set(key, JSON.stringify({ ...entry, ...change(entry), at: Date.now() }));
    },
    async delete() {
      await store.delete(key);
    },
  };
}

/**
 * Reads an entry. Lenient: a value in another format is read as an empty entry. Records that another version
 * of this library wrote count for the resource, so that the limit also applies to two pages with different
 * versions.
 */
function readEntry(json: string | null | undefined, forgetAfter: number): LedgerEntry {
  const parsed = parseJson(json ?? '');
  const value = isRecent(parsed, LIFETIME_MS) ? parsed : undefined;
  const attempts: unknown = ownMember(value, 'attempts');
  return {
    requested: memberText(value, 'requested'),
    issuer: memberText(value, 'issuer'),
    attempts: Array.isArray(attempts)
      ? attempts.filter((one) => isRecent(one, forgetAfter) && isAttempt(one))
      : [],
  };
}

function isAttempt(value: unknown): value is Attempt {
  return memberText(value, 'operation') !== undefined && memberText(value, 'added') !== undefined;
}

function isRecent(value: unknown, within: number): boolean {
  // The absolute value is compared, because otherwise a clock that was set back would keep an entry too long.
  return Math.abs(Date.now() - Number(ownMember(value, 'at'))) < within;
}
