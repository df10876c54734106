/**
 * Keeps introspection answers for several instances.
 *
 * @module
 */
import { readOptions } from '@scopegate/core/engine';
import type { TokenCache } from '@scopegate/core/engine';
import type { RedisClient } from './client.js';
import { AWAITED_STORE_OPTIONS, checkPrefix } from './options.js';
import type { StoreOptions } from './options.js';
import { createSeal } from './seal.js';
import type { Secret } from './seal.js';
import { sealedCache } from './sealed-cache.js';

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
  const settings = readOptions<RedisTokenCacheOptions, keyof StoreOptions>(
    options,
    { ...AWAITED_STORE_OPTIONS, secret: ['any'] },
    PATH,
  );
  checkPrefix(settings.prefix, `${PATH}.prefix`);
  return tokenCache(client, settings);
}

/** Makes the cache from options that were checked, except the secret. */
export function tokenCache(
  client: RedisClient,
  { prefix, timeout, secret }: Required<RedisTokenCacheOptions>,
): TokenCache {
  const seal = createSeal(secret, 'token cache', `${PATH}.secret`);
  return sealedCache(client, { prefix, timeout, seal, kind: 'token', path: PATH });
}

const PATH = 'redisTokenCache';
