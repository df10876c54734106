/**
 * Keeps JSON values under hashed keys, each encrypted for its place.
 *
 * @module
 */
import { ownMember, parseJson } from '@scopegate/core/engine';
import type { TokenCache } from '@scopegate/core/engine';
import { commandSender, textOf } from './client.js';
import type { RedisClient } from './client.js';
import { hash } from './seal.js';
import type { Seal } from './seal.js';

export interface SealedCacheSettings {
  readonly prefix: string;
  readonly timeout: number;
  readonly seal: Seal;
  /** The word between the prefix and the hash of each key. */
  readonly kind: string;
  /** The name of the public function, for messages. */
  readonly path: string;
}

export function sealedCache(client: RedisClient, settings: SealedCacheSettings): TokenCache {
  const { prefix, timeout, seal, kind, path } = settings;
  const send = commandSender(client, timeout, path);
  const keyOf = (name: string): string => `${prefix}:${kind}:${hash(name)}`;
  return Object.freeze<TokenCache>({
    get: async (name) => {
      const key = keyOf(name);
      const answer = await send('GET', key);
      if (answer === null) return undefined;
      const entry = parseJson(seal.open(textOf(answer), key));
      const until = ownMember(entry, 'until');
      // Redis may have kept the value for longer, or somebody wrote an old value again.
      return typeof until === 'number' && until > now() ? ownMember(entry, 'value') : undefined;
    },
    set: async (name, value, { expiresAt }) => {
      if (!Number.isFinite(expiresAt)) throw new TypeError(`${path}: expiresAt: expected seconds`);
      const milliseconds = Math.floor((expiresAt - now()) * 1000);
      if (milliseconds < 1) return;
      const key = keyOf(name);
      const sealed = seal.close(JSON.stringify({ value, until: expiresAt }), key);
      await send('SET', key, sealed, 'PX', String(milliseconds));
    },
  });
}

function now(): number {
  return Date.now() / 1000;
}
