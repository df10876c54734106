/**
 * What hooks of an application receive: decision events and warnings.
 *
 * @module
 */
import type { Reason, RefusalStatus } from '../decision.js';
import type { Operation } from '../policy/index.js';

/** The result of a request. */
export type Outcome =
  | 'allowed'
  | 'refused'
  /** Let through by `reportOnly`; without it, it would have been refused. */
  | 'reported'
  /** Refused after it was let through: the handler threw a scope error, or a later phase refused. */
  | 'withdrawn';

/** An operation, and whether the policy names it. */
export interface SeenOperation {
  readonly protocol: Operation['protocol'];
  /** As the client sent it. */
  readonly method: string;
  /**
   * As the client sent it, cut to 256 characters; paths and URIs without query and fragment. It may
   * hold anything: escape it where it is shown.
   */
  readonly name?: string;
  /**
   * What the policy calls it, such as `tools/call add_note`, `resources/read notes://{id}` or
   * `GET /notes/{id}`: one of a fixed set, good for labels of metrics. Absent if the policy does not
   * name the operation, and on routes with a rule of their own.
   */
  readonly entry?: string;
}

/** What an operation needs, as far as it was known when it was decided. */
export interface RequiredScopes {
  /** Sets of scopes, each of which is enough; at most 64. Empty if no scope would help. */
  readonly alternatives: readonly (readonly string[])[];
  /** In words: `notes:write, or both notes:read and notes:append`. */
  readonly description: string;
}

/** A decision, emitted once. Frozen in depth; it holds neither the token nor its claims. */
export interface DecisionEvent {
  readonly outcome: Outcome;
  /** The reason of the refusal; absent if allowed. */
  readonly reason?: Reason;
  /** The status of the refusal that was sent, or would have been; absent if allowed. */
  readonly status?: RefusalStatus;
  /** The resource identifier of the gate. */
  readonly resource: string;
  /**
   * The operation. Absent if the request was decided before it was known, for example because of an
   * invalid token.
   */
  readonly operation?: SeenOperation;
  /** What the operation needs; absent where `operation` is absent. */
  readonly required?: RequiredScopes;
  /** The scopes of the token, without implied ones; absent without a valid token. */
  readonly granted?: readonly string[];
  /**
   * Scopes that the token lacks of the alternative that the challenge names. Absent if there are none, or
   * if no scope would help.
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
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Milliseconds that the decision took, including reading the body and verifying the token. */
  readonly ms: number;
  /**
   * The earlier event of the same request, which said that it passed: this event withdraws or reports it.
   * The number of events without this member is the number of requests.
   */
  readonly first?: DecisionEvent;
}

/** The argument of a gate's `onWarning`. */
export interface GateWarning {
  /** Refusals named the URL of the metadata, but no client requested it. */
  readonly code: 'metadata_unseen';
  readonly message: string;
}
