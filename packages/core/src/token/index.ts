/** Exports the functions and types for tokens that other folders may import. @module */
export { isForAudience, readExclusiveAudience, readNames } from './audience.js';
export {
  CLOCK_TOLERANCE,
  DEFAULT_CLOCK_TOLERANCE,
  hasBegun,
  isTime,
  isUnexpired,
  readClock,
} from './clock.js';
export type { Clock } from './clock.js';
export { discoverUrl } from './discover.js';
export { inspectToken } from './inspect-token.js';
export type { TokenInspection } from './inspect-token.js';
export { byTokenForm } from './by-token-form.js';
export type { ByTokenFormOptions } from './by-token-form.js';
export { fromSdkVerifier } from './from-sdk-verifier.js';
export type { FromSdkVerifierOptions, SdkAuthInfo, SdkTokenVerifier } from './from-sdk-verifier.js';
export { checkedIdentify } from './identify.js';
export { createAuth, authRecordOf } from './create-auth.js';
export { confirmationBy } from './confirmation.js';
export type { Confirmation, ProvenKeys } from './confirmation.js';
export { hmacWith, isEqualInConstantTime, isHashedAtOnce, sha256 } from './digest.js';
export type { AuthGate, AuthRecord, AuthorizedRequest } from './create-auth.js';
export { KEY_TYPES, MIN_MODULUS } from './algorithms.js';
export { parseJwt } from './parse-jwt.js';
export type { ParsedJwt } from './parse-jwt.js';
export { isOtherTokenType, isPresent, mistypedIdentifiers } from './registered-claims.js';
export { freezeToken } from './read-token.js';
export type { FreezeTokenOptions } from './read-token.js';
export { staticTokens } from './static-tokens.js';
export type { StaticToken, StaticTokensOptions } from './static-tokens.js';
export { SingleFlight } from './single-flight.js';
export type {
  Dpop,
  DpopCheck,
  Mtls,
  MtlsCheck,
  ProofFailure,
  SenderCall,
  SenderCheck,
  SenderGate,
  SenderResult,
} from './sender-check.js';
export { TokenCache } from './token-cache.js';
export type { TokenCacheOptions } from './token-cache.js';
export { EXPECTATIONS, clockToleranceOf, expectationsOf } from './verifier-statements.js';
export type { CheckResult, VerifierExpectations } from './verifier-statements.js';
export type { ReplayAnswer, ReplayStore } from './stores.js';
export type {
  Claims,
  Identify,
  Identity,
  SenderAnswers,
  ServerVerifierOptions,
  TokenFacts,
} from './types.js';
export type { ActorKind, VerifiedToken, Verifier, VerifierContext } from './verifier.js';
export { verifyToken } from './verify.js';
export type { VerifyFailure, VerifyOutcome } from './verify.js';
