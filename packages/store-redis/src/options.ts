/**
 * Options that all stores have.
 *
 * @module
 */
import type { NumberKind } from '@scopegate/core/engine';

export interface StoreOptions {
  /**
   * The beginning of all keys. Services that share a Redis and no tokens need different ones.
   *
   * @default 'scopegate'
   */
  readonly prefix?: string;
  /**
   * Milliseconds within which Redis must answer. Beyond it, Redis counts as down. The maximum is 60000 for
   * revocations, and 250 for proofs, introspection answers and upstream tokens, because requests wait for them,
   * and a gate waits no longer.
   *
   * @default 250
   */
  readonly timeout?: number;
}

interface StoreOptionRows {
  readonly prefix: readonly ['a string', string];
  readonly timeout: readonly [NumberKind, number];
}

/** The rows of these options in a table of options. Nobody waits longer than a minute for an answer. */
export const STORE_OPTIONS: StoreOptionRows = {
  prefix: ['a string', 'scopegate'],
  timeout: [{ min: 1, max: 60_000, unit: 'milliseconds' }, 250],
};

/**
 * The rows for stores that requests wait for. Core stops waiting after 250 ms, so a longer time would have no
 * effect, and its owner would believe that it has.
 */
export const AWAITED_STORE_OPTIONS: StoreOptionRows = {
  ...STORE_OPTIONS,
  timeout: [{ min: 1, max: 250, unit: 'milliseconds (a gate waits no longer)' }, 250],
};

/**
 * Checks and returns a prefix.
 *
 * @throws {@link TypeError} for characters that have a meaning in keys or patterns, such as braces, and for
 * more than 100 characters
 */
export function checkPrefix(prefix: string, path: string): string {
  const isPrefix = /^[\w.:/-]{1,100}$/.test(prefix);
  if (!isPrefix) throw new TypeError(`${path}: expected 1 to 100 letters, digits and - . / : _`);
  return prefix;
}
