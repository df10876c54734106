/**
 * `@scopegate/express`: binds a gate to Express 4.18+ and 5.
 *
 * @module @scopegate/express
 */
export { authOf } from './auth-of.js';
export { protect } from './protect.js';
export { resourceMetadata } from './resource-metadata.js';
export { scopeErrors } from './scope-errors.js';
