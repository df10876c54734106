/**
 * `@scopegate/core/mtls`: tokens that are bound to a client certificate (RFC 8705).
 *
 * @module @scopegate/core/mtls
 */
export { mtls } from './mtls.js';
export type { ClientCertOptions, MtlsOptions } from './options.js';
export type { Mtls } from '../index.js';
