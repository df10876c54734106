/**
 * `@scopegate/core/jwt`: verification of JWT access tokens over jose.
 *
 * @module @scopegate/core/jwt
 */
export { jwtVerifier } from './jwt-verifier.js';
export type { JwtVerifier } from './jwt-verifier.js';
export type { JwtIssuer, JwtVerifierOptions, ObservedAudience } from './options.js';
export type { JwtWarning } from './types.js';
