/** Exports the parts of the gate that other folders may import. @module */
export { createGate } from './create-gate.js';
export type { CorsOptions } from './cors.js';
export type { Allowed, Decision, Refusal, RefusalChallenge } from '../decision.js';
export { announceGuardedHandler, whenHandlersAreGuarded } from './guarded-handlers.js';
export { callsNoFunction, internalsOf, isGuardedCall, phasesOf } from './internals.js';
export type { Phases } from './internals.js';
export { requireAuth } from './require-auth.js';
export { insufficientScope } from './insufficient-scope.js';
export type { InsufficientScopeOptions } from './insufficient-scope.js';
export { mapScopes } from './map-scopes.js';
export type { GateMetadataOptions } from './metadata-options.js';
export type { ChallengeScopes, ErrorContext, GateOptions, GateSettings } from './options.js';
export { relayChallenge } from './relay-challenge.js';
export type { RelayChallengeOptions } from './relay-challenge.js';
export type { TokenFrom } from './token-from.js';
export { toSdkVerifier } from './to-sdk-verifier.js';
export type { SdkErrors } from './to-sdk-verifier.js';
export type { Gate, Provider, ProviderHint, Route, TokenView } from './types.js';
