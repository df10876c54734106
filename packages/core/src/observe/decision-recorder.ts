/**
 * Records requests until they are decided, and emits the events of their decisions.
 *
 * @module
 */
import { answerSender, createAllowed } from '../decision.js';
import type { Decision, Refusal } from '../decision.js';
import { allOf, compileRule, evaluateCompiled } from '../policy/index.js';
import type { Auth, MatchedOperation } from '../policy/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import type { AuthRecord, RefusalDetail } from '../token/index.js';
import type { GateRequest } from '../types.js';
import { callHook } from '../call-hook.js';
import { createDecisionEvent, describeOperation } from './decision-event.js';
import type { EvaluationRecord } from './decision-event.js';
import type { ReportOnlyMode } from './report-only.js';
import type { DecisionEvent } from './types.js';

/** The part of a check that runs: all of it (`decide`), or one half. */
export type Phase = 'decide' | 'authenticate' | 'authorize';

/** A request whose decision is not final yet. */
export interface RequestRecord {
  readonly phase: Phase;
  readonly request: GateRequest;
  /** The time at which the check started, in milliseconds of the monotonic clock. */
  readonly started: number;
  /** The operation of a route that has a rule of its own; absent for other requests. */
  routeOperation?: MatchedOperation | undefined;
  /** The `auth` of the token, present once the token is accepted. */
  auth?: Auth | undefined;
  /** Why the credentials are refused, if that is known. */
  detail?: RefusalDetail | undefined;
  /** The evaluation of the rule; absent if the request is decided before its rule is evaluated. */
  evaluation?: EvaluationRecord | undefined;
}

/** A final decision. */
export interface FinishedRecord {
  readonly decision: Decision;
  /** Absent if this decision emits no event. */
  readonly emission?: Emission;
}

interface Emission {
  readonly event: DecisionEvent;
  /** Identifies the request in later phases: its `auth`, or the request itself without a token. */
  readonly key: object;
}

export interface DecisionRecorderOptions {
  readonly resource: string;
  readonly catalogue: ScopeCatalogue;
  readonly clock: () => number;
  readonly onDecision: (event: DecisionEvent) => void;
  readonly reportOnly: ReportOnlyMode | undefined;
}

/** The functions of a gate that the recorder uses. */
export interface RecordedGate {
  /** Returns the scopes of an `auth` that the gate made; `undefined` for any other value. */
  grantedTo(auth: unknown): ReadonlySet<string> | undefined;
  authRecordOf(auth: unknown): Pick<AuthRecord, 'answers'> | undefined;
  reportError(
    error: unknown,
    context: { readonly reason: 'internal' },
    request: GateRequest | undefined,
  ): void;
}

export class DecisionRecorder {
  readonly #options: DecisionRecorderOptions;
  readonly #gate: RecordedGate;
  /** The last event of each request that was let through, by `auth`, or by request if it has no token. */
  readonly #emitted = new WeakMap<object, DecisionEvent>();
  /** Milliseconds that authentication took, for requests whose authorization is a separate phase. */
  readonly #authenticationTime = new WeakMap<Auth, number>();

  constructor(options: DecisionRecorderOptions, gate: RecordedGate) {
    this.#options = options;
    this.#gate = gate;
  }

  start(phase: Phase, request: GateRequest, auth?: Auth): RequestRecord {
    return { phase, request, auth, started: performance.now(), detail: undefined };
  }

  /**
   * Returns the final decision. Only this method lets a request through because of report-only, and only if
   * an event can be made. If that fails, the decision stays as it was.
   */
  finish(decision: Decision, record: RequestRecord | undefined): FinishedRecord {
    if (record === undefined) return { decision };
    return this.#safely(record.request, () => this.#finish(decision, record)) ?? { decision };
  }

  /** Calls the hook, if the decision has an event. */
  emit({ decision, emission }: FinishedRecord): void {
    if (emission === undefined) return;
    const { event, key } = emission;
    if (decision.allowed || event.first !== undefined) this.#emitted.set(key, event);
    const { onDecision } = this.#options;
    callHook(() => onDecision(event));
  }

  /**
   * Emits an event for a request that was let through and is refused now, because its handler found that
   * scopes are missing.
   */
  withdraw(
    decision: Refusal,
    request: GateRequest,
    given: Auth | undefined,
    scopes: readonly string[],
  ): void {
    this.#safely(request, () => {
      const { catalogue } = this.#options;
      const granted = this.#gate.grantedTo(given);
      const auth = granted && given;
      const key = auth ?? request;
      const first = this.#emitted.get(key);
      if (first?.outcome === 'withdrawn') return;
      const [one, ...others] = scopes.every((scope) => catalogue.has(scope)) ? scopes : [];
      const rule = one === undefined ? one : compileRule(allOf(one, ...others), catalogue, 'rule');
      const missing = rule && granted && evaluateCompiled(rule, granted, catalogue).missing;
      const operation = first?.operation;
      const facts = { decision, auth, operation, rule, missing, first, ms: 0 };
      const event = createDecisionEvent(facts, this.#options);
      this.emit({ decision, emission: { event, key } });
    });
  }

  #finish(decision: Decision, record: RequestRecord): FinishedRecord {
    const { phase, request, auth: known, routeOperation, started } = record;
    const ms = performance.now() - started;
    // A valid token alone allows no operation yet, so this phase emits nothing.
    if (decision.allowed && phase === 'authenticate') {
      if (decision.auth !== undefined) this.#authenticationTime.set(decision.auth, ms);
      return { decision };
    }
    // A preflight asks about another request, which will have an event of its own.
    if (!decision.allowed && decision.reason === 'preflight') return { decision };
    // An error after the evaluation leads to another decision than the one that was recorded.
    const evaluation = record.evaluation?.decision === decision ? record.evaluation : undefined;
    const matched = evaluation?.matched ?? routeOperation;
    const { auth, rule, missing } = evaluation ?? {
      auth: known,
      rule: routeOperation?.rule,
      missing: [],
    };
    const key = auth ?? request;
    const operation = matched && describeOperation(matched);
    // The record and its evaluation both name the caller. Report-only applies only if they name the same one.
    const isReported =
      !decision.allowed &&
      decision.reason === 'insufficient_scope' &&
      known !== undefined &&
      evaluation?.auth === known &&
      // A login that is missing beside the scopes is no matter of scopes.
      rule?.logins?.missing(rule, () => true) === undefined &&
      operation !== undefined &&
      this.#options.reportOnly?.includes(operation) === true;
    const final = isReported
      ? answerSender(createAllowed(known, evaluation.body), this.#gate.authRecordOf(known)?.answers)
      : decision;
    // An earlier phase of the same request may have emitted an event already.
    const first = phase === 'authorize' ? this.#emitted.get(key) : undefined;
    const before = (auth && this.#authenticationTime.get(auth)) ?? 0;
    const { detail } = record;
    const total = before + ms;
    const facts = {
      decision,
      isReported,
      operation,
      rule,
      missing,
      auth,
      first,
      detail,
      ms: total,
    };
    const event = createDecisionEvent(facts, this.#options);
    const isChanged = event.outcome !== 'allowed' && event.outcome !== first?.outcome;
    if (first !== undefined && !isChanged) return { decision: final };
    return { decision: final, emission: { event, key } };
  }

  /** Runs the work, and reports its error instead of throwing it: recording must not change the decision. */
  #safely<T>(request: GateRequest, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#gate.reportError(error, { reason: 'internal' }, request);
      return undefined;
    }
  }
}
