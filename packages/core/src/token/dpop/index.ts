/**
 * `@scopegate/core/dpop`: tokens that are bound to a key (RFC 9449), over jose.
 *
 * @module @scopegate/core/dpop
 */
export { dpop } from './dpop.js';
export { memoryReplayStore } from './memory-replay-store.js';
export type { MemoryReplayStoreOptions } from './memory-replay-store.js';
export type { DpopNonceOptions, DpopOptions } from './options.js';
export type { Dpop, ReplayAnswer, ReplayStore } from '../index.js';
