/**
 * The types that several files of the client share.
 *
 * @module
 */
import type { ProtectedResourceMetadata } from '@scopegate/core';
import type { BearerChallenge } from './bearer-challenge.js';
import type { ClientOperation } from './errors.js';

/**
 * The reason for an authorization. `login`: no token was sent. `reauthenticate`: the token is no longer valid,
 * and a refresh may be enough; or the resource requires another login (RFC 9470), and a refresh is not enough.
 * In the second case, `challenge.error` is `insufficient_user_authentication`, and `acr_values` and `max_age`
 * of `challenge.params` go into the authorization request. `step-up`: the token lacks scopes, which a refresh
 * cannot add (RFC 6749 s6).
 */
export type AuthorizationReason = 'login' | 'reauthenticate' | 'step-up';

/** An access token of the application. The client does not read its content. */
export interface ClientToken {
  readonly accessToken: string;
  /** The `scope` of the token response, or else the scope that was asked for (RFC 6749 s5.1). */
  readonly scope?: string | undefined;
}

/** An authorization that the application must run, and the parameters for it. */
export interface AuthorizationRequest {
  readonly reason: AuthorizationReason;
  /** The complete `scope` parameter; `undefined` if the parameter must be left out. */
  readonly scope: string | undefined;
  /** The scopes of the parameter that are needed now and that the present token does not have. */
  readonly added: readonly string[];
  /** The challenge of the resource; `undefined` if a 401 had none for Bearer or, with `dpop`, for DPoP. */
  readonly challenge: BearerChallenge | undefined;
  /** The `resource` parameter (RFC 8707). */
  readonly resource: string;
  /** The metadata; `undefined` only if `discovery` is `false`, or is a function that found none. */
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

/** An event that a request went without the token. */
export interface OutsideEvent {
  /** The URL of the request, without its query. */
  readonly url: string;
  /** The URL within which requests get the token. */
  readonly resource: string;
  /** The status of the answer. */
  readonly status: number;
}
