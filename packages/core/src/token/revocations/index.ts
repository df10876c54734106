/**
 * `@scopegate/core/revocations`: the tokens that are refused before they expire, in the memory of one process.
 *
 * @module @scopegate/core/revocations
 */
export { memoryRevocations } from './memory-revocations.js';
export type { MemoryRevocationsOptions } from './memory-revocations.js';
export { RevocationList } from './revocation-list.js';
export type { RevocableToken, Revocation, Revocations } from '../index.js';
