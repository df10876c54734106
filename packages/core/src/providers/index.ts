/**
 * `@scopegate/core/providers`: verifiers for the tokens of widespread identity providers.
 *
 * @module @scopegate/core/providers
 */
export { auth0 } from './auth0.js';
export type { Auth0Options } from './auth0.js';
export { clerk } from './clerk.js';
export type { ClerkOptions } from './clerk.js';
export { cognito } from './cognito.js';
export type { CognitoOptions } from './cognito.js';
export { entra } from './entra.js';
export type { EntraOptions } from './entra.js';
export { genericProvider } from './generic-provider.js';
export type { GenericProviderOptions } from './generic-provider.js';
export { google } from './google.js';
export type { GoogleOptions } from './google.js';
export { keycloak } from './keycloak.js';
export type { KeycloakOptions } from './keycloak.js';
export { okta } from './okta.js';
export type { OktaOptions } from './okta.js';
export type { CommonOptions } from './provider-options.js';
export type { JwtProvider } from './provider.js';
export { supabase } from './supabase.js';
export type { SupabaseOptions } from './supabase.js';
export { workos } from './workos.js';
export type { WorkosOptions } from './workos.js';
