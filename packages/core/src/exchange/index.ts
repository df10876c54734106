/**
 * `@scopegate/core/exchange`: tokens of callers for another API.
 *
 * @module @scopegate/core/exchange
 */
export type { ClientAuthentication } from '../client-authentication.js';
export type { UpstreamCredential } from '../gate/index.js';
export type { SharedTokens } from '../token/index.js';
export { UpstreamTokenError } from './errors.js';
export type { UpstreamTokenErrorCode } from './errors.js';
export { auth0Exchange, entraOnBehalfOf, keycloakExchange, oktaExchange } from './providers.js';
export type {
  UpstreamCacheOptions,
  UpstreamProvider,
  UpstreamRequest,
  UpstreamScopes,
  UpstreamTokens,
  UpstreamTokensOptions,
} from './types.js';
export { upstreamTokens } from './upstream-tokens.js';
