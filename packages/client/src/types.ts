/**
 * The types that several files of the client share.
 *
 * @module
 */
import type { ProtectedResourceMetadata } from '@scopegate/core';
import type { BearerChallenge } from './bearer-challenge.js';
import type { ClientOperation } from './errors.js';

/**
 * `login`: no token was sent. `reauthenticate`: the one that was sent is not valid any more, or the
 * resource wants a fresh login (RFC 9470): a refresh may be the answer. `step-up`: the token lacks
 * scopes, and a refresh cannot widen it (RFC 6749 s6).
 */
export type AuthorizationReason = 'login' | 'reauthenticate' | 'step-up';

/** An access token as the application keeps it; the client never looks into it. */
export interface ClientToken {
  readonly accessToken: string;
  /** `scope` of the token response; if that had none, what was asked for (RFC 6749 s5.1). */
  readonly scope?: string | undefined;
}

/** What an authorization is to ask for. */
export interface AuthorizationRequest {
  readonly reason: AuthorizationReason;
  /** The `scope` parameter, all of it; `undefined` to leave the parameter out. */
  readonly scope: string | undefined;
  /** What of it the present token does not have. */
  readonly added: readonly string[];
  /** Missing if a 401 came without one. */
  readonly challenge: BearerChallenge | undefined;
  /** The `resource` parameter (RFC 8707). */
  readonly resource: string;
  /** Missing only if `discovery` is `false`, or a function that found none. */
  readonly metadata: ProtectedResourceMetadata | undefined;
  readonly operation: ClientOperation;
}

/** What an event tells. `label` is for people: "add_note needs notes:write". */
export interface StepUpEvent {
  readonly reason: AuthorizationReason;
  readonly operation: ClientOperation;
  readonly label: string;
  readonly scopes: readonly string[];
}
