/**
 * `@scopegate/hono`: binds a gate to Hono 4, on Node and on every fetch platform.
 *
 * @module @scopegate/hono
 */
export { authOf } from './auth-of.js';
export { protect } from './protect.js';
export type { GateVariables } from './protect.js';
export { resourceMetadata } from './resource-metadata.js';
