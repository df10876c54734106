/**
 * `@scopegate/koa`: binds a gate to Koa 2.15+ and 3.
 *
 * @module @scopegate/koa
 */
export { authOf } from './auth-of.js';
export { protect } from './protect.js';
export type { GateContext, GateState } from './protect.js';
export { resourceMetadata } from './resource-metadata.js';
