/**
 * `@scopegate/core/introspection`: verification of tokens by asking their issuer (RFC 7662).
 *
 * @module @scopegate/core/introspection
 */
export type { ClientAuthentication } from '../../client-authentication.js';
export { introspectionVerifier } from './introspection-verifier.js';
export type {
  IntrospectionCacheOptions,
  IntrospectionVerifierOptions,
  IntrospectionWarning,
} from './options.js';
export type { TokenCache } from '../index.js';
