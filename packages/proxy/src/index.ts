/**
 * `@scopegate/proxy`: a gate in front of a server in any language, and the refusals of an API
 * further on in the gate's own words.
 *
 * @module @scopegate/proxy
 */
export { createProxy } from './create-proxy.js';
export type { HeaderValue, ProxyErrorContext, ProxyFault, ProxyOptions } from './options.js';
