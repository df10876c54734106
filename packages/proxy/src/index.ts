/**
 * `@scopegate/proxy`: a gate in front of a server in any language.
 *
 * @module @scopegate/proxy
 */
export { createProxy } from './create-proxy.js';
export type { HeaderValue } from './credentials.js';
export type { ProxyFault } from './faults.js';
export type { ProxyErrorContext, ProxyOptions } from './options.js';
