/**
 * Remembers DPoP proofs for several instances.
 *
 * @module
 */
import { readOptions } from '@scopegate/core/engine';
import type { NumberKind, ReplayAnswer, ReplayStore } from '@scopegate/core/engine';
import { commandSender, textOf } from './client.js';
import type { RedisClient } from './client.js';
import { AWAITED_STORE_OPTIONS, checkPrefix } from './options.js';
import type { StoreOptions } from './options.js';
import { hash } from './seal.js';
import { Shares } from './shares.js';

export interface RedisReplayStoreOptions extends StoreOptions {
  /**
   * Maximum number of proofs of one key that an instance stores in about six minutes. Beyond it, the answer
   * is `full`, so that a client that floods the service with proofs is refused alone, and does not fill
   * Redis for all.
   *
   * @default 100000
   */
  readonly maxPerOwner?: number;
}

/** A {@link ReplayStore} whose answer is always a promise. */
export interface RedisReplayStore extends ReplayStore {
  insert(...parameters: Parameters<ReplayStore['insert']>): Promise<ReplayAnswer>;
}

/**
 * Seconds for which a proof is remembered beyond its end: the clocks of instances differ, and one that is
 * behind still accepts the proof.
 */
const CLOCK_DIFFERENCE = 60;

/** Seconds that a proof can be valid at most: a value in milliseconds would fill the store for ever. */
const MAX_LIFETIME = 24 * 3600;

/**
 * Makes a store for `dpop({ replay })` that all instances of a service share: each proof is accepted by one
 * of them, once (RFC 9449 s11.1). Each check is one command, `SET` with `NX` and `PX`, on one key, which
 * contains a hash. Proofs are kept for a minute beyond their end, since clocks differ.
 *
 * `insert` rejects, so that the request is refused with 503, while Redis is down, does not answer within
 * `timeout`, or answers anything but `OK` or nothing.
 *
 * What Redis forgets can be used again. It must therefore not evict (`maxmemory-policy noeviction`), and
 * write to disk what must survive a restart (`appendonly yes`). A replica that takes over may lack the last
 * moments.
 *
 * Each instance counts in memory how many proofs of one key it stored. Beyond `maxPerOwner` it answers `full`.
 *
 * @example
 * ```ts
 * const client = await createClient({ url: 'redis://redis:6379' }).on('error', log).connect();
 * const gate = createGate({ ...options, dpop: dpop({ replay: redisReplayStore(client) }) });
 * ```
 * @throws {@link TypeError} naming the option
 * @group Stores
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-11.1 RFC 9449 s11.1}
 */
export function redisReplayStore(
  client: RedisClient,
  options: RedisReplayStoreOptions = {},
): RedisReplayStore {
  const settings = readOptions<RedisReplayStoreOptions, keyof RedisReplayStoreOptions>(
    options,
    { ...AWAITED_STORE_OPTIONS, maxPerOwner: [PROOFS, 100_000] },
    PATH,
  );
  checkPrefix(settings.prefix, `${PATH}.prefix`);
  return replayStore(client, settings);
}

/** Makes the store from options that were checked. */
export function replayStore(
  client: RedisClient,
  { prefix, timeout, maxPerOwner }: Required<RedisReplayStoreOptions>,
): RedisReplayStore {
  const send = commandSender(client, timeout, PATH);
  const shares = new Shares(maxPerOwner);
  return Object.freeze<RedisReplayStore>({
    insert: async (id, { expiresAt, owner }) => {
      const seconds = Math.max(expiresAt - Date.now() / 1000, 0);
      if (!Number.isFinite(expiresAt) || seconds > MAX_LIFETIME)
        throw new TypeError(`${PATH}: expiresAt is no time in seconds`);
      if (shares.isFull(owner)) return 'full';
      const milliseconds = Math.ceil((seconds + CLOCK_DIFFERENCE) * 1000);
      const key = `${prefix}:proof:${hash(id)}`;
      const answer = await send('SET', key, '1', 'PX', String(milliseconds), 'NX');
      if (answer === null) return 'seen';
      if (textOf(answer) === 'OK') {
        // Replays are not counted: somebody who saw a proof could fill its owner's share with them.
        shares.add(owner);
        return 'stored';
      }
      throw new TypeError(`${PATH}: Redis answered SET with another text than OK`);
    },
  });
}

const PATH = 'redisReplayStore';

const PROOFS: NumberKind = { min: 1, max: 100_000_000, unit: 'proofs', integer: true };
