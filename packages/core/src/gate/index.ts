/** The gate: what other rooms may use of it. @module */
export { createGate } from './create-gate.js';
export type { Gate, Route } from './create-gate.js';
export type { CorsOptions } from './cors.js';
export { CONTENT_HEADERS, isListHeader, mergeHeader, toResponse } from './decision.js';
export type { Allowed, Decision, Reason, Refusal, RefusalStatus } from './decision.js';
export { metadataOf } from './metadata-of.js';
export type { DecisionEvent, Outcome, RequiredScopes, SeenOperation } from './events.js';
export type { FetchContext } from './fetch.js';
export { insideOf } from './inside.js';
export type { Passed } from './passed.js';
export {
  isGuardedCall,
  pendingRefusalsOf,
  registerPendingRefusals,
  replaceResponse,
} from './pending-refusal.js';
export type { Abortable, PendingRefusal, ReplacedResponse } from './pending-refusal.js';
export { attachBody, replayRequest } from './replay-request.js';
export { requireAuth } from './require-auth.js';
export { insufficientScope } from './insufficient-scope.js';
export type { InsufficientScopeOptions } from './insufficient-scope.js';
export type { GateMetadataOptions } from './metadata-options.js';
export type { ChallengeScopes, ErrorContext, GateOptions, GateSettings } from './options.js';
export { mapScopes } from './map-scopes.js';
export { relayChallenge } from './relay-challenge.js';
export type { RelayChallengeOptions } from './relay-challenge.js';
export { reportOnly } from './shadow.js';
export type { Enforcement, ReportedOperations, ReportOptions, ReportWarning } from './shadow.js';
export { toSdkVerifier } from './to-token-verifier.js';
export type { SdkErrors } from './to-token-verifier.js';
export type { Provider, ProviderHint, TokenView } from './provider.js';
export type { GateWarning } from './watch-metadata.js';
export { createWebGuard } from './web-guard.js';
export type { Answered, WebGuard, WebGuardOptions, WebPassed, WebPlace } from './web-guard.js';
export { createWebMetadata } from './web-metadata.js';
export { fromWebRequest } from './web-request.js';
export type { WebRequestView } from './web-request.js';
export { replyOver, withHeaders } from './web-response.js';
