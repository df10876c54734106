/** Tokens: what other rooms may use of them. @module */
export { audiencesOf, isSameResource } from './audience.js';
export { readClock } from './clock.js';
export type { Clock } from './clock.js';
export { grantedBy, issueAuth } from './issued-auth.js';
export type { AuthIssuer } from './issued-auth.js';
export { own, settleToken } from './read-token.js';
export type { Claims, TokenFacts } from './read-token.js';
export { TokenCache } from './token-cache.js';
export type { TokenCacheOptions } from './token-cache.js';
export type { VerifiedToken, Verifier, VerifierContext } from './verifier.js';
export { verifyToken } from './verify.js';
export type { VerifyOutcome } from './verify.js';
