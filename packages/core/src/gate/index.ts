/** The gate: what other rooms may use of it. @module */
export { createGate } from './create-gate.js';
export type { CorsOptions } from './cors.js';
export { CONTENT_HEADERS, mergeHeader, toResponse } from '../http/index.js';
export type {
  Allowed,
  Decision,
  Reason,
  Refusal,
  RefusalChallenge,
  RefusalStatus,
} from '../decision.js';
export { metadataOf } from './metadata-of.js';
export { internalsOf } from './internals.js';
export type { Passed } from './passed.js';
export {
  isGuardedCall,
  pendingRefusalsOf,
  registerPendingRefusals,
  replaceResponse,
} from './pending-refusal.js';
export type { Abortable, PendingRefusal, ReplacedResponse } from './pending-refusal.js';
export { replayRequest } from './replay-request.js';
export { requireAuth } from './require-auth.js';
export { insufficientScope } from './insufficient-scope.js';
export type { InsufficientScopeOptions } from './insufficient-scope.js';
export type { GateMetadataOptions } from './metadata-options.js';
export type { ChallengeScopes, ErrorContext, GateOptions, GateSettings } from './options.js';
export { relayChallenge } from './relay-challenge.js';
export type { RelayChallengeOptions } from './relay-challenge.js';
export { toSdkVerifier } from './to-token-verifier.js';
export type { SdkErrors } from './to-token-verifier.js';
export type { Provider, ProviderHint, TokenView } from './provider.js';
export type { FetchContext, Gate, Route } from './types.js';
export { createWebGuard } from './web-guard.js';
export type { Answered, WebGuard, WebGuardOptions, WebPassed, WebPlace } from './web-guard.js';
export { createWebMetadata } from './web-metadata.js';
export { fromWebRequest } from './web-request.js';
export type { WebRequestView } from './web-request.js';
export { replyOver, withHeaders } from './web-response.js';
