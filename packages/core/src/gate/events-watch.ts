/**
 * Follows requests to their decisions, and tells each decision once.
 *
 * @module
 */
import { allOf, compileRule, evaluateCompiled } from '../policy/index.js';
import type { Auth, CompiledRule } from '../policy/index.js';
import { readClock } from '../token/index.js';
import type { GateRequest } from '../types.js';
import { allow } from './authenticate.js';
import type { Authenticator } from './authenticate.js';
import type { Decision, Refusal } from './decision.js';
import { createEvent, toOperation } from './events.js';
import type { DecisionEvent, Finding, Outcome, Seen } from './events.js';
import { callHook } from './hook.js';
import type { GateOptions, GateSettings } from './options.js';
import { routeJudgement } from './route.js';

/** Which part of a check was asked for. */
export type Stage = 'decide' | 'authenticate' | 'authorize';

/** One request on its way. */
export interface Trail {
  readonly stage: Stage;
  readonly request: GateRequest;
  readonly started: number;
  /** The route's own, if it has one. */
  rule?: CompiledRule | undefined;
  /** Whose token held. */
  auth?: Auth | undefined;
}

/** A decision that stands, and what is to be told of it. */
export interface Settled {
  readonly decision: Decision;
  readonly event?: DecisionEvent;
  /** What stands for the request, for whoever decides of it later. */
  readonly key?: object;
}

export class Watch {
  readonly #settings: GateSettings;
  readonly #hook: NonNullable<GateOptions['onDecision']>;
  readonly #authenticator: Authenticator;
  /** By decision: what is told of it is known where it is made. */
  readonly #findings = new WeakMap<Decision, Finding>();
  /** The last event of a request that was let through, by `auth`, or by request if no token came. */
  readonly #told = new WeakMap<object, DecisionEvent>();
  /** Milliseconds that the token took, where the rest is judged at another stage. */
  readonly #spent = new WeakMap<Auth, number>();

  constructor(
    settings: GateSettings,
    hook: NonNullable<GateOptions['onDecision']>,
    authenticator: Authenticator,
  ) {
    this.#settings = settings;
    this.#hook = hook;
    this.#authenticator = authenticator;
  }

  begin(stage: Stage, request: GateRequest): Trail {
    return { stage, request, started: performance.now() };
  }

  /** Keeps what led to a decision. A refusal may be shared by many requests: it becomes one of its own. */
  note(decision: Decision, finding: Finding): Decision {
    const own = decision.allowed ? decision : Object.freeze({ ...decision });
    this.#findings.set(own, finding);
    return own;
  }

  /**
   * Says what stands: the decision, or, in shadow mode, that the request is let through after all. That
   * happens here only, beside the event that tells of it: what nobody is told of is enforced.
   */
  settle(decision: Decision, trail: Trail): Settled {
    try {
      return this.#settle(decision, trail);
    } catch (error) {
      this.#authenticator.tell(error, { reason: 'internal' });
      return { decision };
    }
  }

  /** Calls the hook, if there is something to tell. */
  tell({ decision, event, key }: Settled): void {
    if (event === undefined) return;
    if (key !== undefined && (decision.allowed || event.first !== undefined)) {
      this.#told.set(key, event);
    }
    callHook(() => this.#hook(event));
  }

  /** A request that was let through is refused now: its handler found scopes missing. */
  withdraw(
    refusal: Refusal,
    request: GateRequest,
    given: Auth | undefined,
    scopes: readonly string[] = [],
  ): void {
    try {
      this.#withdraw(refusal, request, given, scopes);
    } catch (error) {
      this.#authenticator.tell(error, { reason: 'internal' });
    }
  }

  #withdraw(
    decision: Refusal,
    request: GateRequest,
    given: Auth | undefined,
    scopes: readonly string[],
  ): void {
    const granted = this.#authenticator.grantedTo(given);
    const auth = granted === undefined ? undefined : given;
    const key = auth ?? request;
    const first = this.#told.get(key);
    if (first?.outcome === 'withdrawn') return;
    const { catalogue } = this.#settings;
    const [one, ...others] = scopes.every((scope) => catalogue.has(scope)) ? scopes : [];
    const rule = one === undefined ? one : compileRule(allOf(one, ...others), catalogue, 'rule');
    const missing = rule && granted && evaluateCompiled(rule, granted, catalogue).missing;
    const event = this.#create({
      ...{ outcome: toOutcome(decision, first), decision, auth, rule, missing, first },
      operation: first?.operation,
      ms: 0,
    });
    this.tell({ decision, event, key });
  }

  #settle(decision: Decision, trail: Trail): Settled {
    const { stage, request, auth: known } = trail;
    const ms = performance.now() - trail.started;
    // A preflight asks about another request, and a token by itself is allowed nothing yet.
    if (decision.allowed && stage === 'authenticate') {
      if (decision.auth !== undefined) this.#spent.set(decision.auth, ms);
      return { decision };
    }
    if (!decision.allowed && decision.reason === 'preflight') return { decision };
    const finding = this.#findings.get(decision);
    const auth = finding === undefined ? known : finding.auth;
    const key = auth ?? request;
    const operation = this.#operation(finding, trail);
    // Whose token held is known twice: only where both agree may anybody be let through.
    const isReported =
      !decision.allowed &&
      known !== undefined &&
      finding?.auth === known &&
      this.#lets(decision, operation);
    const standing = isReported ? allow(known, finding.body) : decision;
    // Whoever asks again, at a later stage, asks about a request that was told already.
    const first = stage === 'authorize' ? this.#told.get(key) : undefined;
    const outcome = isReported ? 'reported' : toOutcome(decision, first);
    if (first !== undefined && (outcome === 'allowed' || first.outcome === outcome)) {
      return { decision: standing };
    }
    const event = this.#create({
      ...{ outcome, decision, auth, operation, first },
      rule: finding === undefined ? trail.rule : finding.rule,
      missing: finding?.missing,
      ms: ms + (stage === 'authorize' && auth !== undefined ? (this.#spent.get(auth) ?? 0) : 0),
    });
    return { decision: standing, event, key };
  }

  #operation(finding: Finding | undefined, { rule, request }: Trail): DecisionEvent['operation'] {
    if (finding !== undefined) return toOperation(finding.judgement);
    return rule && toOperation(routeJudgement(rule, request));
  }

  #lets(refusal: Refusal, operation: DecisionEvent['operation']): boolean {
    const { shadow } = this.#settings;
    if (shadow === undefined || refusal.reason !== 'insufficient_scope') return false;
    return operation !== undefined && shadow.lets(operation);
  }

  #create(seen: Omit<Seen, 'resource' | 'time'>): DecisionEvent {
    const { resource, clock } = this.#settings;
    return createEvent({ ...seen, resource, time: timeOf(clock) });
  }
}

/** A clock that is broken refuses tokens; it must not keep anybody from hearing of that. */
function timeOf(clock: GateSettings['clock']): number {
  try {
    return readClock(clock);
  } catch {
    return Date.now();
  }
}

function toOutcome(decision: Decision, first: DecisionEvent | undefined): Outcome {
  if (decision.allowed) return 'allowed';
  return first === undefined ? 'refused' : 'withdrawn';
}
