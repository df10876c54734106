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
   * Milliseconds within which Redis must answer, 1 to 60000. Beyond it, Redis counts as down. A gate waits at
   * most 250 ms for proofs, answers and upstream tokens, so longer times are for revocations only.
   *
   * @default 250
   */
  readonly timeout?: number;
}

/** The bounds of `timeout`. Nobody waits longer than a minute for an answer. */
const TIMEOUT: NumberKind = { min: 1, max: 60_000, unit: 'milliseconds' };

/** The rows of these options in a table of options. */
export const STORE_OPTIONS: {
  readonly prefix: readonly ['a string', string];
  readonly timeout: readonly [NumberKind, number];
} = { prefix: ['a string', 'scopegate'], timeout: [TIMEOUT, 250] };

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
