/**
 * `@scopegate/fastify`: binds a gate to Fastify 5.
 *
 * @module @scopegate/fastify
 */
export { authOf } from './auth-of.js';
export { protect } from './protect.js';
export type { GuardedRoute, RouteGuard, ScopeGuard } from './protect.js';
export { resourceMetadata } from './resource-metadata.js';
