/** The gate: what other rooms may use of it. @module */
export { createGate } from './create-gate.js';
export type { Gate, Route } from './create-gate.js';
export type { CorsOptions } from './cors.js';
export { CONTENT_HEADERS, mergeHeader, toResponse } from './decision.js';
export type { Allowed, Decision, Reason, Refusal, RefusalStatus } from './decision.js';
export { settingsOf } from './inspect.js';
export { handOn, replyOver, withHeaders } from './fetch.js';
export type { FetchContext } from './fetch.js';
export { authorizerOf } from './inside.js';
export { insufficientScope } from './insufficient-scope.js';
export type { InsufficientScopeOptions } from './insufficient-scope.js';
export type { ChallengeScopes, ErrorContext, GateOptions, GateSettings } from './options.js';
export { toTokenVerifier } from './to-token-verifier.js';
export type { SdkErrors } from './to-token-verifier.js';
export type { Provider, ProviderHint, TokenView } from './provider.js';
export type { GateWarning } from './watch-metadata.js';
export { fromWebRequest } from './web-request.js';
export type { WebRequestView } from './web-request.js';
