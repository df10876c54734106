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
import { toRouteOperation } from './route.js';

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
    return this.#safely(() => this.#settle(decision, trail)) ?? { decision };
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
    decision: Refusal,
    request: GateRequest,
    given: Auth | undefined,
    scopes: readonly string[] = [],
  ): void {
    this.#safely(() => {
      const granted = this.#authenticator.grantedTo(given);
      const auth = granted && given;
      const key = auth ?? request;
      const first = this.#told.get(key);
      if (first?.outcome === 'withdrawn') return;
      const { catalogue } = this.#settings;
      const [one, ...others] = scopes.every((scope) => catalogue.has(scope)) ? scopes : [];
      const rule = one === undefined ? one : compileRule(allOf(one, ...others), catalogue, 'rule');
      const missing = rule && granted && evaluateCompiled(rule, granted, catalogue).missing;
      const operation = first?.operation;
      const event = this.#event({ decision, auth, operation, rule, missing, first, ms: 0 });
      this.tell({ decision, event, key });
    });
  }

  #settle(decision: Decision, { stage, request, auth: known, rule, started }: Trail): Settled {
    const ms = performance.now() - started;
    // A preflight asks about another request, and a token by itself is allowed nothing yet.
    if (decision.allowed && stage === 'authenticate') {
      if (decision.auth !== undefined) this.#spent.set(decision.auth, ms);
      return { decision };
    }
    if (!decision.allowed && decision.reason === 'preflight') return { decision };
    const noted = this.#findings.get(decision);
    const matched = noted ? noted.matched : rule && toRouteOperation(rule, request);
    const found: Found = noted ?? { rule, auth: known };
    const { auth } = found;
    const key = auth ?? request;
    const operation = matched && toOperation(matched);
    // Whose token held is known twice: only where both agree may anybody be let through.
    const isReported =
      !decision.allowed &&
      decision.reason === 'insufficient_scope' &&
      known !== undefined &&
      noted?.auth === known &&
      operation !== undefined &&
      this.#settings.shadow?.lets(operation) === true;
    const standing = isReported ? allow(known, found.body) : decision;
    // Whoever asks at a later stage asks about a request that was told already.
    const first = stage === 'authorize' ? this.#told.get(key) : undefined;
    const before = stage === 'authorize' && auth ? (this.#spent.get(auth) ?? 0) : 0;
    const event = this.#event(
      { ...found, decision, operation, first, ms: before + ms },
      isReported && 'reported',
    );
    const isNews = event.outcome !== 'allowed' && event.outcome !== first?.outcome;
    return isNews || first === undefined
      ? { decision: standing, event, key }
      : { decision: standing };
  }

  #event(
    seen: Omit<Seen, 'outcome' | 'resource' | 'time'>,
    outcome?: Outcome | false,
  ): DecisionEvent {
    const { resource, clock } = this.#settings;
    const refused = seen.first === undefined ? 'refused' : 'withdrawn';
    return createEvent({
      ...seen,
      outcome: outcome || (seen.decision.allowed ? 'allowed' : refused),
      resource,
      time: timeOf(clock),
    });
  }

  /** What goes wrong here changes no decision. */
  #safely<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#authenticator.tell(error, { reason: 'internal' });
      return undefined;
    }
  }
}

type Found = Pick<Finding, 'auth' | 'missing' | 'body'> & {
  readonly rule?: CompiledRule | undefined;
};

/** A clock that is broken refuses tokens; it must not keep anybody from hearing of that. */
function timeOf(clock: GateSettings['clock']): number {
  try {
    return readClock(clock);
  } catch {
    return Date.now();
  }
}
