/**
 * `@scopegate/proxy`: a gate in front of a server in any language, by itself or behind another proxy.
 *
 * @module @scopegate/proxy
 */
export { createProxy } from './create-proxy.js';
export { forwardAuth } from './forward-auth.js';
export type { ForwardAuthFault, ForwardAuthOptions } from './forward-auth-options.js';
export type { ForwardingProxy } from './forwarded-request.js';
export type { HeaderValue } from './set-own-headers.js';
export type { ProxyFault } from './faults.js';
export type { ProxyErrorContext, ProxyOptions } from './options.js';
