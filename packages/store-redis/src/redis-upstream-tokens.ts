/**
 * Shares tokens for other APIs between instances.
 *
 * @module
 */
import { readOptions, shareTokens } from '@scopegate/core/engine';
import type { SharedTokens } from '@scopegate/core/engine';
import type { RedisClient } from './client.js';
import { AWAITED_STORE_OPTIONS, checkPrefix } from './options.js';
import type { StoreOptions } from './options.js';
import { createSeal } from './seal.js';
import { sealedCache } from './sealed-cache.js';

export interface RedisUpstreamTokensOptions extends StoreOptions {
  /**
   * Secrets of at least 32 bytes, the current one first: `[current, ...earlier]`. New values use the first, and
   * all of them open. All instances of a service need the same secrets. They may be those of `ownership`: each
   * use has a key of its own.
   */
  readonly keys: readonly (string | Uint8Array)[];
}

/**
 * Makes the option `cache.shared` of `upstreamTokens`, so that one exchange serves all instances of a service.
 * Each operation is one command on one key. The key is a hash over the authorization server, the client, the
 * target, the caller, the caller's token and the scopes; the value is encrypted and authenticated (AES-256-GCM)
 * under a key that is derived for this use (HKDF, RFC 5869) and for its place (HMAC), so that a value which was
 * copied to another caller's key does not open.
 *
 * While Redis is down, does not answer within `timeout`, or has a value that was not written with `keys`, a
 * token is exchanged, and `onError` of `upstreamTokens` is called. Instances that ask at the same moment each
 * exchange one.
 *
 * A token stays in Redis until its time in the cache ends, also if it is revoked here. Use the gate's
 * `revocations`, which every instance asks before it uses a token.
 *
 * @example
 * ```ts
 * const orders = upstreamTokens(gate, {
 *   ...options,
 *   cache: { shared: redisUpstreamTokens(client, { keys: [process.env['SHARED_KEY'] ?? ''] }) },
 * });
 * ```
 * @throws {@link TypeError} naming the option, never a secret
 * @group Stores
 */
export function redisUpstreamTokens(
  client: RedisClient,
  options: RedisUpstreamTokensOptions,
): SharedTokens {
  const { prefix, timeout, keys } = readOptions<RedisUpstreamTokensOptions, keyof StoreOptions>(
    options,
    { ...AWAITED_STORE_OPTIONS, keys: ['a list'] },
    PATH,
  );
  checkPrefix(prefix, `${PATH}.prefix`);
  const seal = createSeal(keys, 'upstream tokens', `${PATH}.keys`);
  return shareTokens(sealedCache(client, { prefix, timeout, seal, kind: 'upstream', path: PATH }));
}

const PATH = 'redisUpstreamTokens';
