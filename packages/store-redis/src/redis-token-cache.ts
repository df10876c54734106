/**
 * Keeps introspection answers for several instances.
 *
 * @module
 */
import { ownMember, parseJson, readOptions } from '@scopegate/core/engine';
import type { TokenCache } from '@scopegate/core/engine';
import { commandSender, textOf } from './client.js';
import type { RedisClient } from './client.js';
import { STORE_OPTIONS, checkPrefix } from './options.js';
import type { StoreOptions } from './options.js';
import { createSeal, hash } from './seal.js';
import type { Secret } from './seal.js';

export interface RedisTokenCacheOptions extends StoreOptions {
  /**
   * Encrypts and authenticates the answers: 32 random bytes or more, the same on all instances. Of a list,
   * the first one encrypts and all decrypt, so that a secret can be replaced.
   */
  readonly secret: Secret;
}

/**
 * Makes a cache for `introspectionVerifier({ cache: { shared } })` that all instances of a service share, so
 * that a token costs one request to the authorization server for all of them. Each operation is one command
 * on one key, which contains a hash; the values are encrypted and authenticated (AES-256-GCM), and one that
 * was changed, copied to another key, or kept beyond its end is not used.
 *
 * `get` and `set` reject while Redis is down, does not answer within `timeout`, or returns what was not
 * written with the secret. The verifier then asks the endpoint.
 *
 * @example
 * ```ts
 * const verifier = introspectionVerifier({
 *   ...options,
 *   cache: { shared: redisTokenCache(client, { secret: process.env.CACHE_SECRET }) },
 * });
 * ```
 * @throws {@link TypeError} naming the option, never the secret
 * @group Stores
 */
export function redisTokenCache(client: RedisClient, options: RedisTokenCacheOptions): TokenCache {
  const { prefix, timeout, secret } = readOptions<RedisTokenCacheOptions, keyof StoreOptions>(
    options,
    { ...STORE_OPTIONS, secret: ['any'] },
    PATH,
  );
  checkPrefix(prefix, `${PATH}.prefix`);
  const seal = createSeal(secret, 'token cache', `${PATH}.secret`);
  const send = commandSender(client, timeout, PATH);
  const keyOf = (name: string): string => `${prefix}:token:${hash(name)}`;
  return Object.freeze<TokenCache>({
    get: async (name) => {
      const key = keyOf(name);
      const answer = await send('GET', key);
      if (answer === null) return undefined;
      const entry = parseJson(seal.open(textOf(answer), key));
      const until = ownMember(entry, 'until');
      // Redis may have kept it for longer, or somebody wrote an old value again.
      return typeof until === 'number' && until > now() ? ownMember(entry, 'value') : undefined;
    },
    set: async (name, value, { expiresAt }) => {
      if (!Number.isFinite(expiresAt)) throw new TypeError(`${PATH}: expiresAt: expected seconds`);
      const milliseconds = Math.floor((expiresAt - now()) * 1000);
      if (milliseconds < 1) return;
      const key = keyOf(name);
      const sealed = seal.close(JSON.stringify({ value, until: expiresAt }), key);
      await send('SET', key, sealed, 'PX', String(milliseconds));
    },
  });
}

const PATH = 'redisTokenCache';

function now(): number {
  return Date.now() / 1000;
}
