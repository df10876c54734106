/**
 * Builds decision events. Only this file determines which facts an event contains.
 *
 * @module
 */
import type { Decision } from '../decision.js';
import type {
  Auth,
  CompiledRule,
  Evaluation,
  MatchedOperation,
  Operation,
} from '../policy/index.js';
import { readClock } from '../token/index.js';
import type { RefusalDetail } from '../token/index.js';
import { freeze, present } from '../values.js';
import type { DecisionEvent, Outcome, RequiredScopes, SeenOperation } from './types.js';

/** A decision, and the facts from which it was made. */
export interface EvaluationRecord {
  readonly decision: Decision;
  readonly matched: Pick<MatchedOperation, 'operation' | 'entry'>;
  readonly rule: CompiledRule | undefined;
  readonly missing: Evaluation['missing'];
  readonly auth: Auth | undefined;
  /** The evaluated body, which the handler gets if report-only lets the request through. */
  readonly body?: unknown;
}

/** The facts from which an event is made. */
export interface EventFacts {
  /** The original decision, also if report-only lets the request through. */
  readonly decision: Decision;
  readonly isReported?: boolean;
  readonly operation: SeenOperation | undefined;
  readonly rule: CompiledRule | undefined;
  readonly missing: readonly string[] | undefined;
  readonly auth: Auth | undefined;
  readonly ms: number;
  readonly first: DecisionEvent | undefined;
  readonly detail?: RefusalDetail | undefined;
}

/** Builds the event. Every member is a text, a number, or frozen. */
export function createDecisionEvent(
  { decision, isReported, operation, rule, auth, missing = [], ms, first, detail }: EventFacts,
  { resource, clock }: { readonly resource: string; readonly clock: () => number },
): DecisionEvent {
  const refusal = decision.allowed ? undefined : decision;
  return present({
    outcome: outcomeOf(decision, isReported, first),
    reason: refusal?.reason,
    status: refusal?.status,
    detail: refusal && detail?.detail,
    expected: refusal && detail?.expected,
    found: refusal && detail?.found,
    resource,
    operation,
    required: rule && describeRequiredScopes(rule),
    granted: auth?.scopes,
    missing: missing.length > 0 ? Object.freeze([...missing]) : undefined,
    clientId: auth?.clientId || undefined,
    subject: auth?.subject,
    issuer: auth?.issuer,
    actors: auth?.actors[0] && auth.actors,
    time: timeOf(clock),
    ms,
    first,
  }) as DecisionEvent;
}

function outcomeOf(decision: Decision, isReported = false, first?: DecisionEvent): Outcome {
  if (isReported) return 'reported';
  if (decision.allowed) return 'allowed';
  return first === undefined ? 'refused' : 'withdrawn';
}

/**
 * Returns the time of an event: that of the configured clock, or the system's if that clock fails, since the
 * event must still report the refusal.
 */
function timeOf(clock: () => number): number {
  try {
    return readClock(clock);
  } catch {
    return Date.now();
  }
}

const MAX_NAME = 256;

/** Describes an operation for events and for functions given to `reportOnly`. */
export function describeOperation({
  operation,
  entry,
}: EvaluationRecord['matched']): SeenOperation {
  const { protocol, method, name } = operation;
  return present({
    protocol,
    method: method.slice(0, MAX_NAME),
    name: name === undefined ? name : withoutQuery(protocol, name).slice(0, MAX_NAME),
    entry,
  }) as SeenOperation;
}

/** Removes query, fragment and user information. A query may contain a token (RFC 6750 s5.3) or a secret. */
function withoutQuery(protocol: Operation['protocol'], name: string): string {
  if (protocol === 'mcp' && !/^[a-z][a-z\d+.-]*:/i.test(name)) return name;
  // The user part of an authority may hold a password (RFC 3986 s3.2.1).
  return name.replace(/[?#].*/s, '').replace(/^([a-z][a-z\d+.-]*:\/\/)[^/]*@/i, '$1');
}

/**
 * Describes the scopes that a rule requires. The alternatives are frozen with the first event of a rule, so
 * that a hook that gets an event cannot change the rule.
 */
function describeRequiredScopes({ alternatives, description }: CompiledRule): RequiredScopes {
  if (!Object.isFrozen(alternatives)) freeze(alternatives);
  return Object.freeze({ alternatives, description });
}
