/**
 * The ledger: the recent authorizations for a resource and their results. It bounds their number, across
 * redirects and restarts too if the store keeps its values.
 *
 * @module
 */
import { ownMember, parseJson } from '@scopegate/core/engine';
import { memberText } from './member-text.js';
import type { AuthorizationReason } from './types.js';

/**
 * The store of the ledger: a `Map`, or an asynchronous store with the same methods. Values are JSON text of
 * some kilobytes, one for each resource, without a token. One store serves one user: put the user into the
 * keys if a process serves several.
 */
export interface LedgerStore {
  get(key: string): string | null | undefined | Promise<string | null | undefined>;
  set(key: string, value: string): unknown;
  delete(key: string): unknown;
}

/** One authorization. */
export interface Attempt {
  /** Missing if another version of this library wrote it. */
  readonly reason?: AuthorizationReason;
  /** The operation's id. */
  readonly operation: string;
  /** The scopes it asked for beyond those granted, as a `scope` value. */
  readonly added: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Whether the operation succeeded afterwards. */
  readonly ok: boolean;
}

/** The ledger's entry for one resource. */
export interface LedgerEntry {
  /** All scopes that the authorizations of this login asked for, as a `scope` value. */
  readonly requested?: string | undefined;
  /** The authorization server of the last one. */
  readonly issuer?: string | undefined;
  /** The attempts that still count, in order. */
  readonly attempts: readonly Attempt[];
}

/** Access to the entry of one resource. */
export interface Ledger {
  read(): Promise<LedgerEntry>;
  update(change: (entry: LedgerEntry) => Partial<LedgerEntry>): Promise<void>;
  readonly delete: () => Promise<void>;
}

/** How long `requested` and `issuer` are kept after the last change, in milliseconds. */
const LIFETIME_MS = 30 * 24 * 3600 * 1000;

/** @param forgetAfter - how long an attempt counts, in seconds */
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
 * Lenient: a value in another format is read as an empty entry. Attempts that another version of this
 * library wrote count for the resource, so that two pages with different versions stop, too.
 */
function readEntry(json: string | null | undefined, forgetAfter: number): LedgerEntry {
  const value = parseJson(json ?? '');
  if (!isRecent(value, LIFETIME_MS)) return { attempts: [] };
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
  return ['operation', 'added'].every((name) => memberText(value, name) !== undefined);
}

function isRecent(value: unknown, within: number): boolean {
  // The absolute value, because a clock that was set back must not keep an entry for ever.
  return Math.abs(Date.now() - Number(ownMember(value, 'at'))) < within;
}
