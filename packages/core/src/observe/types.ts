/**
 * The arguments of an application's hooks: decision events and warnings.
 *
 * @module
 */
import type { Reason, RefusalStatus } from '../decision.js';
import type { Actor, Operation } from '../policy/index.js';
import type { TokenProblem } from '../token/index.js';

/** The result of a request. */
export type Outcome =
  | 'allowed'
  | 'refused'
  /** The request was let through because of `reportOnly`; otherwise it would have been refused. */
  | 'reported'
  /** The request was refused after it was let through, by a scope error of the handler or by a later phase. */
  | 'withdrawn';

/** An operation, and the name that the policy has for it. */
export interface SeenOperation {
  readonly protocol: Operation['protocol'];
  /** The method as the client sent it, cut to 256 characters. */
  readonly method: string;
  /**
   * The name as the client sent it, cut to 256 characters; a path or URI has no query, fragment and user
   * information. It may contain any text, so escape it for display.
   */
  readonly name?: string;
  /**
   * The name of the operation in the policy, such as `tools/call add_note`, `resources/read notes://{id}` or
   * `GET /notes/{id}`. It is one of a fixed set of names, so it can be a label of metrics. Absent if the
   * policy does not name the operation, and if the rule is that of a route or a guarded handler (`guardTool`).
   */
  readonly entry?: string;
}

/** The scopes that an operation requires, as far as they were known when it was decided. */
export interface RequiredScopes {
  /**
   * Sets of scopes, each of which is enough by itself, at most 64 of them; empty if no scope would help. A
   * login that the operation requires is not a part of them.
   */
  readonly alternatives: readonly (readonly string[])[];
  /** The requirement in words, such as `notes:write, or both notes:read and notes:append`. */
  readonly description: string;
}

/**
 * The event of a decision. It is frozen in depth. It does not contain the token, and of its claims only
 * scopes, client, subject, issuer, actors, and what a failed check found.
 */
export interface DecisionEvent {
  readonly outcome: Outcome;
  /** The reason of the refusal, also if report-only let the request through; absent if it was allowed. */
  readonly reason?: Reason;
  /** The status of the refusal, also if report-only let the request through; absent if it was allowed. */
  readonly status?: RefusalStatus;
  /**
   * The check that the credentials failed; absent unless they were refused. If a verifier of the application
   * refuses a token, the check is read from the error it throws, or from what it passes to `explain`.
   */
  readonly detail?: TokenProblem;
  /** The values that the check accepts, such as audiences. */
  readonly expected?: readonly string[];
  /**
   * What the check found in the token: issuers, audiences, types, times, names of claims. At most 5, each cut to
   * 200 characters. The token is not verified, so anybody may have invented these texts: escape them for
   * display, and never make them labels of metrics.
   */
  readonly found?: readonly string[];
  /** The resource identifier of the gate. */
  readonly resource: string;
  /**
   * The operation. Absent if the request was decided before its operation was known, for example because of
   * an invalid token.
   */
  readonly operation?: SeenOperation;
  /** The scopes that the operation requires; absent if its rule is not known. */
  readonly required?: RequiredScopes;
  /** The scopes of the token, without implied ones; absent without a valid token. */
  readonly granted?: readonly string[];
  /**
   * The scopes of the alternative in the challenge that the token lacks. Absent if it lacks none, or if no
   * scope would help.
   */
  readonly missing?: readonly string[];
  /**
   * The client that the token was issued to. Absent without a valid token, and if the token does not name
   * its client.
   */
  readonly clientId?: string;
  /** The subject of the token: personal data. Absent without a valid token, and if the token names none. */
  readonly subject?: string;
  readonly issuer?: string;
  /**
   * Who acts for the subject, the current actor first: personal data, if actors are people. Absent if the
   * token names no actor.
   */
  readonly actors?: readonly Actor[];
  /** The time of the event in milliseconds since the epoch. */
  readonly time: number;
  /**
   * Milliseconds that the decision took, including reading the body and verifying the token; 0 if a handler
   * withdrew the request.
   */
  readonly ms: number;
  /**
   * The earlier event of the same request, which said that the request was let through; this event corrects
   * it. Each check of a request has one event without this member, so two guards of one gate have two. Without
   * a token, a guarded handler (`guardTool`) adds one.
   */
  readonly first?: DecisionEvent;
}

/** The argument of a gate's `onWarning`. */
export interface GateWarning {
  /**
   * The mistake. When the gate is made: `issuers_differ`, no authorization server is an issuer of the verifier;
   * `no_authorization_servers`, MCP clients cannot find one; `no_initial_scopes`, a first login asks for no
   * scope. When requests show it: `metadata_unseen`, refusals name the metadata, and nobody requests it;
   * `metadata_guarded`, a guard refuses requests for it; `resource_unseen`, requests for the resource pass the
   * guard by; `operation_unnamed`, the policy denies an MCP operation because it has no row for it (only the
   * first five such operations).
   */
  readonly code:
    | 'issuers_differ'
    | 'no_authorization_servers'
    | 'no_initial_scopes'
    | 'metadata_unseen'
    | 'metadata_guarded'
    | 'resource_unseen'
    | 'operation_unnamed';
  readonly message: string;
}
