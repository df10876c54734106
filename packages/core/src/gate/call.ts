/**
 * Holds what is known of one call while it is authorized.
 *
 * @module
 */
import type { Decision } from '../decision.js';
import type { EvaluationRecord, RequestRecord } from '../observe/index.js';
import type { Auth } from '../policy/index.js';
import type { GateRequest } from '../types.js';

/** One call of a client: its `auth`, the request, and the body that the policy read. */
export interface Call {
  /** The caller's `auth`; `undefined` without a token, or if another gate made it. */
  readonly auth: Auth | undefined;
  readonly request: GateRequest;
  /**
   * The body that the policy read. It is an own member even if `undefined`, so that a polluted prototype
   * cannot supply it.
   */
  readonly body: unknown;
  /** The record for the decision event; absent without `onDecision`. */
  readonly record: RequestRecord | undefined;
}

/** Returns the decision, and stores its evaluation for the decision event. */
export function recorded(evaluation: EvaluationRecord, { record }: Call): Decision {
  if (record !== undefined) record.evaluation = evaluation;
  return evaluation.decision;
}
