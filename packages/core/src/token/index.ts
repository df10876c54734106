/** Tokens: what other rooms may use of them. @module */
export { createAuth } from './create-auth.js';
export { isSameResource } from './read-token.js';
export type { TokenFacts } from './read-token.js';
export type { VerifiedToken, Verifier, VerifierContext } from './verifier.js';
export { verifyToken } from './verify.js';
