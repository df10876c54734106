/**
 * The types that several files of the client share.
 *
 * @module
 */
import type { ProtectedResourceMetadata } from '@scopegate/core';
import type { BearerChallenge } from './bearer-challenge.js';
import type { ClientOperation } from './errors.js';

/**
 * `login`: no token was sent. `reauthenticate`: the token is no longer valid, or the resource wants a
 * recent login (RFC 9470); a refresh may be enough. `step-up`: the token lacks scopes, which a refresh
 * cannot add (RFC 6749 s6).
 */
export type AuthorizationReason = 'login' | 'reauthenticate' | 'step-up';

/** An access token as the application keeps it. The client does not read its content. */
export interface ClientToken {
  readonly accessToken: string;
  /** `scope` of the token response, or else the scope that was asked for (RFC 6749 s5.1). */
  readonly scope?: string | undefined;
}

/** One authorization to run, and what to ask for. */
export interface AuthorizationRequest {
  readonly reason: AuthorizationReason;
  /** The `scope` parameter, all of it; `undefined` to leave the parameter out. */
  readonly scope: string | undefined;
  /** The scopes in it that the present token does not have. */
  readonly added: readonly string[];
  /** Missing if a 401 came without one. */
  readonly challenge: BearerChallenge | undefined;
  /** The `resource` parameter (RFC 8707). */
  readonly resource: string;
  /** Missing only if `discovery` is `false`, or a function that found none. */
  readonly metadata: ProtectedResourceMetadata | undefined;
  readonly operation: ClientOperation;
}

/** An event for a user interface. `label` is for people: "add_note needs notes:write". */
export interface StepUpEvent {
  readonly reason: AuthorizationReason;
  readonly operation: ClientOperation;
  readonly label: string;
  readonly scopes: readonly string[];
}
