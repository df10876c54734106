/**
 * A summary of decisions as data.
 *
 * @module
 */
import type { Outcome } from '@scopegate/core';

/** How often each thing happened to the requests of a group. */
export type Counts = Readonly<Record<Outcome, number>>;

/** One operation, asked for by one client. */
export interface ClientDecisions {
  /** What the policy calls the operation, else its method and name; `(unknown)` where nobody knew. */
  readonly operation: string;
  /** Absent if the token does not say, or no token held. */
  readonly clientId?: string;
  readonly issuer?: string;
  readonly counts: Counts;
  /** How many users stood behind it. */
  readonly subjects: number;
  /** Missing scopes, each with the number of requests that missed it; the most frequent first. */
  readonly missing: readonly ScopeCount[];
}

export interface ScopeCount {
  readonly scope: string;
  readonly count: number;
}

/** What was seen of one operation, for whoever writes its rule. */
export interface OperationScopes {
  readonly operation: string;
  /** Requests with a valid token. */
  readonly requests: number;
  /** As the rule says it; more than one if it changed, or depends on the request. */
  readonly required: readonly string[];
  /** What every caller held: a rule of these scopes would have refused nobody. */
  readonly heldByAll: readonly string[];
}

/** What was seen of one scope. */
export interface ScopeUse {
  readonly scope: string;
  /** Clients whose tokens hold it, by id. */
  readonly clients: readonly string[];
  /** Operations whose rules name it. */
  readonly operations: readonly string[];
}

export interface DecisionSummary {
  /** How many requests there were. A request that its handler refused later counts once. */
  readonly requests: number;
  /** Milliseconds since the epoch, of the first and the last event; absent without any. */
  readonly from?: number;
  readonly to?: number;
  /** By what became of them in the end. */
  readonly counts: Counts;
  /** Refusals and reports by reason, the most frequent first. */
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
  /** Who would lose, or lost, something for missing scopes; those with the most first. */
  readonly losses: readonly ClientDecisions[];
  /** All operations by client. */
  readonly clients: readonly ClientDecisions[];
  readonly operations: readonly OperationScopes[];
  readonly scopes: readonly ScopeUse[];
  /** Named by no rule that was asked: candidates for removal, or for a rule. */
  readonly neverRequired: readonly string[];
  /** Held by nobody who called. */
  readonly neverGranted: readonly string[];
}
