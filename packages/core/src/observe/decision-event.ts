/**
 * Builds decision events: the one place where their members are chosen.
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
import { present } from '../values.js';
import type { DecisionEvent, Outcome, RequiredScopes, SeenOperation } from './types.js';

/** What the evaluation of a request found. */
export interface EvaluationRecord {
  readonly matched: Pick<MatchedOperation, 'operation' | 'entry'>;
  readonly rule?: CompiledRule;
  readonly missing?: Evaluation['missing'];
  readonly auth: Auth | undefined;
  /** The evaluated body, needed if report-only lets the request through. */
  readonly body?: unknown;
}

/** What an event is made of. */
export interface EventFacts {
  readonly outcome: Outcome;
  /** The original decision, also where report-only lets the request through. */
  readonly decision: Decision;
  readonly resource: string;
  readonly operation: SeenOperation | undefined;
  readonly rule?: CompiledRule | undefined;
  readonly missing?: readonly string[] | undefined;
  readonly auth: Auth | undefined;
  readonly time: number;
  readonly ms: number;
  readonly first: DecisionEvent | undefined;
}

/** Builds the event. Every member is a text, a number, or frozen. */
export function createDecisionEvent(facts: EventFacts): DecisionEvent {
  const { outcome, decision, resource, operation, rule, auth, missing = [], first } = facts;
  const refusal = decision.allowed ? undefined : decision;
  return present({
    outcome,
    reason: refusal?.reason,
    status: refusal?.status,
    resource,
    operation,
    required: rule && describeRequiredScopes(rule),
    granted: auth?.scopes,
    missing: missing.length > 0 ? Object.freeze([...missing]) : undefined,
    clientId: auth?.clientId || undefined,
    subject: auth?.subject,
    issuer: auth?.issuer,
    time: facts.time,
    ms: facts.ms,
    first,
  }) as DecisionEvent;
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

/** A query may hold a token, or a secret of the application (RFC 6750 s5.3). */
function withoutQuery(protocol: Operation['protocol'], name: string): string {
  if (protocol === 'mcp' && !/^[a-z][a-z\d+.-]*:/i.test(name)) return name;
  // The user part of an authority may hold a password (RFC 3986 s3.2.1).
  return name.replace(/[?#].*$/s, '').replace(/^([a-z][a-z\d+.-]*:\/\/)[^/]*@/i, '$1');
}

/** By rule: a policy compiles its rules once, so their descriptions are made once too. */
const descriptions = new WeakMap<CompiledRule, RequiredScopes>();

function describeRequiredScopes(rule: CompiledRule): RequiredScopes {
  let required = descriptions.get(rule);
  if (required === undefined) {
    const alternatives = rule.alternatives.map((scopes) => Object.freeze([...scopes]));
    const { description } = rule;
    required = Object.freeze({ alternatives: Object.freeze(alternatives), description });
    descriptions.set(rule, required);
  }
  return required;
}
