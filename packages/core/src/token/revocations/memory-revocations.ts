/**
 * Keeps revocations in the memory of one process.
 *
 * @module
 */
import { readOptions } from '../../options.js';
import type { NumberKind } from '../../options.js';
import type { Clock, Revocations } from '../index.js';
import { RevocationList } from './revocation-list.js';

export interface MemoryRevocationsOptions {
  /**
   * Maximum number of revocations that have not ended. Beyond it, `revoke` throws: no revocation is
   * removed before its end.
   *
   * @default 10000
   */
  readonly maxEntries?: number;
  /** Returns the time in milliseconds since the epoch. @default Date.now */
  readonly clock?: Clock;
}

/**
 * Makes a list of revoked tokens in the memory of this process, for `createGate({ revocations })`. Give
 * the same list to every gate that must refuse these tokens. Several processes need `redisRevocations` of
 * `@scopegate/redis`, and the list is empty again after a restart.
 *
 * A revocation takes effect at once, also for tokens that were verified before. It holds until `until`,
 * and 60 seconds longer, because a token is accepted for the clock tolerance after it has expired. The
 * cost of a check does not grow with the number of revocations, but with the number of different sets of
 * members: revoke by the same members each time. `revoke` throws a {@link RangeError} if the list is full.
 *
 * The authorization server is not told, and may issue new tokens.
 *
 * @example
 * ```ts
 * const revocations = memoryRevocations();
 * const gate = createGate({ ...options, revocations });
 * const now = Math.floor(Date.now() / 1000);
 * await revocations.revoke({ issuer, subject: 'ray', issuedBefore: now + 1 }, { until: now + 3600 });
 * ```
 * @throws {@link TypeError} naming the option
 * @group Revocation
 */
export function memoryRevocations(options: MemoryRevocationsOptions = {}): Revocations {
  const { maxEntries, clock } = readOptions<
    MemoryRevocationsOptions,
    keyof MemoryRevocationsOptions
  >(options, OPTIONS, 'memoryRevocations');
  const list = new RevocationList(maxEntries, clock);
  return Object.freeze<Revocations>({
    isRevoked: (token) => list.isRevoked(token),
    revoke: (revocation, given) => {
      list.add(revocation, given?.until);
    },
    onRevoked: (listener) => list.onRevoked(listener),
  });
}

/** The bounds of `maxEntries`. */
const MAX_REVOCATIONS: NumberKind = {
  min: 1,
  max: 1_000_000,
  unit: 'revocations',
  integer: true,
};

const OPTIONS: Parameters<
  typeof readOptions<MemoryRevocationsOptions, keyof MemoryRevocationsOptions>
>[1] = {
  maxEntries: [MAX_REVOCATIONS, 10_000],
  clock: ['a function', () => Date.now()],
};
