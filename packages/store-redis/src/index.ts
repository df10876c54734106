/**
 * `@scopegate/redis`: what several instances of a service share, over Redis or Valkey.
 *
 * @module @scopegate/redis
 */
export type { IoredisClient, NodeRedisClient, NodeRedisCluster, RedisClient } from './client.js';
export type { StoreOptions } from './options.js';
export { redisReplayStore } from './redis-replay-store.js';
export type { RedisReplayStore, RedisReplayStoreOptions } from './redis-replay-store.js';
export { redisRevocations } from './redis-revocations.js';
export type {
  RedisRevocations,
  RedisRevocationsOptions,
  RedisWarning,
} from './redis-revocations.js';
export { redisTokenCache } from './redis-token-cache.js';
export type { RedisTokenCacheOptions } from './redis-token-cache.js';
export { redisUpstreamTokens } from './redis-upstream-tokens.js';
export type { RedisUpstreamTokensOptions } from './redis-upstream-tokens.js';
export type { Secret } from './seal.js';
