/**
 * A summary of decisions as data.
 *
 * @module
 */
import type { Outcome, TokenProblem } from '@scopegate/core';

/** How many requests had each outcome. */
export type Counts = Readonly<Record<Outcome, number>>;

/** The requests of one client for one operation. */
export interface ClientDecisions {
  /** The policy's name of the operation, or else its method and name; `(unknown)` without either. */
  readonly operation: string;
  /** Absent if the token does not name it, or if there was no valid token. */
  readonly clientId?: string;
  readonly issuer?: string;
  readonly counts: Counts;
  /** How many different subjects the tokens of these requests name. */
  readonly subjects: number;
  /** Missing scopes, each with the number of requests that lack it; the most frequent first. */
  readonly missing: readonly ScopeCount[];
}

/**
 * Refused tokens that failed the same check with the same values. Values are left out of checks of times, and
 * of new rows when there are many.
 */
export interface DetailCount {
  readonly detail: TokenProblem;
  readonly expected?: readonly string[];
  /** The values in the tokens, which are not verified: anybody may have invented them. */
  readonly found?: readonly string[];
  readonly count: number;
}

export interface ScopeCount {
  readonly scope: string;
  readonly count: number;
}

/** The requests for one operation, to help with writing its rule. */
export interface OperationScopes {
  readonly operation: string;
  /** Requests with a valid token. */
  readonly requests: number;
  /** The rule in words; several if it changed or depends on the request. */
  readonly required: readonly string[];
  /** The scopes that every caller with a valid token had: a rule of these would have refused none of them. */
  readonly heldByAll: readonly string[];
}

/** The uses of one scope. */
export interface ScopeUse {
  readonly scope: string;
  /** Ids of the clients whose tokens have the scope; `''` for tokens that name no client. */
  readonly clients: readonly string[];
  /** Operations whose rules name the scope. */
  readonly operations: readonly string[];
}

export interface DecisionSummary {
  /**
   * The number of requests. A request that its handler refused later counts once; a request that two guards
   * check counts twice.
   */
  readonly requests: number;
  /** Milliseconds since the epoch, of the first and the last event; absent without any. */
  readonly from?: number;
  readonly to?: number;
  /** By their final outcome. */
  readonly counts: Counts;
  /** Requests by the reason of their final outcome, if it has one; the most frequent first. */
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
  /** Refused tokens by the check that they failed, with the values of the check; the most frequent first. */
  readonly details: readonly DetailCount[];
  /**
   * Entries of `clients` that lack scopes, and so were refused or would be; those with the most refused, reported
   * and withdrawn requests first.
   */
  readonly losses: readonly ClientDecisions[];
  /** One entry for each pair of operation and client. */
  readonly clients: readonly ClientDecisions[];
  readonly operations: readonly OperationScopes[];
  readonly scopes: readonly ScopeUse[];
  /** Scopes that no evaluated rule names: they may need a rule, or no place in the catalogue. */
  readonly neverRequired: readonly string[];
  /** Scopes that no caller had. */
  readonly neverGranted: readonly string[];
}
