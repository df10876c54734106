/**
 * `@scopegate/client`: reads challenges, finds the resource's metadata, selects the scopes to ask for, and
 * limits the number of authorizations. An OAuth library runs the flow.
 *
 * @module @scopegate/client
 */
export { challengeFromToolResult, readBearerChallenge } from './bearer-challenge.js';
export type { BearerChallenge } from './bearer-challenge.js';
export { discoverResource } from './discover-resource.js';
export type { DiscoveredResource } from './discover-resource.js';
export type { DiscoverResourceOptions } from './discovery-options.js';
export { DiscoveryError, StepUpError } from './errors.js';
export type { ClientOperation, DiscoveryErrorCode, StepUpErrorCode } from './errors.js';
export type { LedgerStore } from './ledger.js';
export type { StepUpFetchOptions } from './options.js';
export type { MakeProof, ProofRequest } from './proofs.js';
export type { Fetch } from './request.js';
export { selectScopes, stepUpScopes } from './scopes.js';
export type { StepUpScopesInput } from './scopes.js';
export { stepUpFetch } from './step-up-fetch.js';
export type { StepUpFetch } from './step-up-fetch.js';
export type {
  AuthorizationReason,
  AuthorizationRequest,
  ClientToken,
  OutsideEvent,
  StepUpEvent,
} from './types.js';
