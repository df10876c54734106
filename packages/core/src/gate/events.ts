/**
 * What is told of a decision, and the one place where it is put together.
 *
 * @module
 */
import type {
  Auth,
  CompiledRule,
  Evaluation,
  MatchedOperation,
  Operation,
} from '../policy/index.js';
import { present } from '../values.js';
import type { Decision, Reason, RefusalStatus } from './decision.js';

/** What became of a request. */
export type Outcome =
  | 'allowed'
  | 'refused'
  /** Let through by `reportOnly`; without it, it would have been refused. */
  | 'reported'
  /** Refused after it was let through: the handler threw a scope error, or a later stage refused. */
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
  /** Sets of scopes, each of which is enough; at most 64. Empty if no scope can cure it. */
  readonly alternatives: readonly (readonly string[])[];
  /** In words: `notes:write, or both notes:read and notes:append`. */
  readonly description: string;
}

/** A decision, told once. Frozen throughout; it holds neither the token nor its claims. */
export interface DecisionEvent {
  readonly outcome: Outcome;
  /** Why not; absent if allowed. */
  readonly reason?: Reason;
  /** What was answered, or would have been; absent if allowed. */
  readonly status?: RefusalStatus;
  /** The gate's. */
  readonly resource: string;
  /** Absent if the request was decided before anybody knew, as a bad token is. */
  readonly operation?: SeenOperation;
  /** Absent as the operation is. */
  readonly required?: RequiredScopes;
  /** As in the token, without implied ones; absent without a valid token. */
  readonly granted?: readonly string[];
  /** What the token lacks of the alternative that the challenge names; absent if nothing, or if no scope would help. */
  readonly missing?: readonly string[];
  /** Absent without a valid token, and if the token does not say. */
  readonly clientId?: string;
  /** The user, as the issuer names it: personal data. Absent as `clientId` is. */
  readonly subject?: string;
  readonly issuer?: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Milliseconds that the decision took, with reading the body and verifying the token. */
  readonly ms: number;
  /**
   * What was told of the same request before: it was let through then, and this event takes that back,
   * or reports it. Events without it count requests.
   */
  readonly first?: DecisionEvent;
}

/** What was found out about a request on the way. */
export interface Finding {
  readonly matched: Pick<MatchedOperation, 'operation' | 'entry'>;
  readonly rule?: CompiledRule;
  readonly missing?: Evaluation['missing'];
  readonly auth: Auth | undefined;
  /** What was judged, for a decision that lets the request through after all. */
  readonly body?: unknown;
}

/** All that an event is made of. */
export interface Seen {
  readonly outcome: Outcome;
  /** As it was made, also where the request is let through after all. */
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
export function createEvent(seen: Seen): DecisionEvent {
  const { outcome, decision, resource, operation, rule, auth, missing = [], first } = seen;
  const refusal = decision.allowed ? undefined : decision;
  return present({
    outcome,
    reason: refusal?.reason,
    status: refusal?.status,
    resource,
    operation,
    required: rule && requiredBy(rule),
    granted: auth?.scopes,
    missing: missing.length > 0 ? Object.freeze([...missing]) : undefined,
    clientId: auth?.clientId || undefined,
    subject: auth?.subject,
    issuer: auth?.issuer,
    time: seen.time,
    ms: seen.ms,
    first,
  }) as DecisionEvent;
}

const MAX_NAME = 256;

/** Also what functions given to `reportOnly` see. */
export function toOperation({ operation, entry }: Finding['matched']): SeenOperation {
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
  // So may the user part of an authority.
  return name.replace(/[?#].*$/s, '').replace(/^([a-z][a-z\d+.-]*:\/\/)[^/]*@/i, '$1');
}

/** Rules of a policy are compiled once, so what is told of them is made once. */
const described = new WeakMap<CompiledRule, RequiredScopes>();

function requiredBy(rule: CompiledRule): RequiredScopes {
  let required = described.get(rule);
  if (required === undefined) {
    const alternatives = rule.alternatives.map((scopes) => Object.freeze([...scopes]));
    const { description } = rule;
    required = Object.freeze({ alternatives: Object.freeze(alternatives), description });
    described.set(rule, required);
  }
  return required;
}
