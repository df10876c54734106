/**
 * `@scopegate/core/jwt`: verification of JWT access tokens over jose.
 *
 * @module
 */
export { jwtVerifier } from './jwt-verifier.js';
export type { JwtVerifierOptions } from './jwt-verifier.js';
