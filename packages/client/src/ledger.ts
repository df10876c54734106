/**
 * The ledger: which authorizations a resource has asked for lately, and what came of them. It is
 * what bounds them, across redirects and restarts too if its store does.
 *
 * @module
 */
import { own, parseJson } from '@scopegate/core/engine';
import { memberText } from './member-text.js';
import type { AuthorizationReason } from './types.js';

/**
 * Where the ledger is kept: a `Map`, or anything like one that may be asynchronous. Values are JSON
 * text of some kilobytes, one for each resource, without a token. One store serves one user: put
 * the user into the keys if a process serves several.
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
  /** The operation then went through. */
  readonly ok: boolean;
}

/** What is known of a resource. */
export interface Entry {
  /** All that the authorizations of this login asked for, as a `scope` value. */
  readonly requested?: string | undefined;
  /** The authorization server of the last one. */
  readonly issuer?: string | undefined;
  /** Those that are not forgotten yet, in order. */
  readonly attempts: readonly Attempt[];
}

/** The entry of one resource. */
export interface Ledger {
  read(): Promise<Entry>;
  update(change: (entry: Entry) => Partial<Entry>): Promise<void>;
  readonly delete: () => Promise<void>;
}

/** How long `requested` and `issuer` are kept after the last change, in milliseconds. */
const LIFETIME = 30 * 24 * 3600 * 1000;

/** @param forgetAfter - how long an attempt counts, in seconds */
export function createLedger(store: LedgerStore, resource: string, forgetAfter: number): Ledger {
  const key = `scopegate:${resource}`;
  const read = async (): Promise<Entry> => readEntry(await store.get(key), forgetAfter * 1000);
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
 * Lenient: what somebody else wrote there is as good as nothing. Another version's attempts count
 * for the resource, or two pages that write in turn would never come to an end.
 */
function readEntry(json: string | null | undefined, forgetAfter: number): Entry {
  const value = parseJson(json ?? '');
  if (!isRecent(value, LIFETIME)) return { attempts: [] };
  const attempts: unknown = own(value, 'attempts');
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
  // A clock that was set back must not keep anything for ever.
  return Math.abs(Date.now() - Number(own(value, 'at'))) < within;
}
