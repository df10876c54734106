/** Exports the functions and types for tokens that other folders may import. @module */
export { isForAudience, readExclusiveAudience, readNames } from './audience.js';
export {
  CLOCK_TOLERANCE,
  DEFAULT_CLOCK_TOLERANCE,
  MAX_EPOCH_SECONDS,
  hasBegun,
  isTime,
  isUnexpired,
  readClock,
} from './clock.js';
export type { Clock } from './clock.js';
export {
  allowedIssuers,
  checkAddress,
  checkName,
  reach,
  readAddresses,
  readInternalUrl,
  readServerAddress,
} from './addresses.js';
export type { Addresses } from './addresses.js';
export { discoverUrl } from './discover.js';
export { ExpiringMap } from './expiring-map.js';
export type { Bounds } from './expiring-map.js';
export { fitsRevocation, revocableName, wasIssuedBefore } from './fits-revocation.js';
export type { RevokedName } from './fits-revocation.js';
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
export { fromBase64Url, toBase64Url } from './base64url.js';
export { readKeys } from './configured-keys.js';
export { isHashedAtOnce, nodeCrypto, sha256 } from './digest.js';
export type { NodeCrypto } from './digest.js';
export { createMac } from './mac.js';
export type { Mac } from './mac.js';
export type { AuthGate, AuthRecord, AuthorizedRequest } from './create-auth.js';
export type {
  IdContent,
  OpenedId,
  OriginOperation,
  OwnedIdMint,
  OwnedMessage,
  Owner,
  Ownership,
  OwnershipAuthRecord,
  OwnershipAuths,
  OwnershipCheck,
  SealedState,
  OutgoingAnswer,
  StreamEnds,
} from './ownership-check.js';
export { KEY_TYPES, MIN_MODULUS } from './algorithms.js';
export { parseJwt } from './parse-jwt.js';
export type { ParsedJwt } from './parse-jwt.js';
export { isOtherTokenType, isPresent, mistypedIdentifiers } from './registered-claims.js';
export { isFactory, markFactory } from './factory.js';
export { clientIdOf, freezeToken } from './read-token.js';
export { textsIn, timeIn } from './refusal-detail.js';
export type { RefusalDetail, TokenProblem } from './token-problem.js';
export type { FreezeTokenOptions } from './read-token.js';
export { staticTokens } from './static-tokens.js';
export type { StaticToken, StaticTokensOptions } from './static-tokens.js';
export { readScopesClaim } from './scopes-claim.js';
export type { ReadScopes } from './scopes-claim.js';
export { isTokenText, shareTokens } from './shared-tokens.js';
export type { SharedTokens } from './shared-tokens.js';
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
export type {
  ReplayAnswer,
  ReplayStore,
  RevocableToken,
  Revocation,
  Revocations,
  TokenCache,
} from './stores.js';
export { mayBeRevoked } from './may-be-revoked.js';
export { VerifiedTokenCache } from './token-cache.js';
export type { TokenCacheOptions } from './token-cache.js';
export {
  EXPECTATIONS,
  INTROSPECTION,
  IS_REVOKED,
  OPT_OUTS,
  allowsIssuerOf,
  clockToleranceOf,
  expectationsOf,
  issuersOf,
  optOutsOf,
  revocationTestOf,
  statementsOf,
} from './verifier-statements.js';
export type {
  CheckResult,
  IntrospectionStatements,
  VerifierExpectations,
} from './verifier-statements.js';
export type {
  AddressOptions,
  Claims,
  Identify,
  Identity,
  SenderAnswers,
  ServerVerifierOptions,
  TokenFacts,
} from './types.js';
export type { ActorKind, VerifiedToken, Verifier, VerifierContext } from './verifier.js';
export { urlFinder } from './url-finder.js';
export { verifyToken } from './verify.js';
export type { VerifyFailure, VerifyOutcome } from './verify.js';
