/**
 * Makes the guard for frameworks that parse bodies themselves between their hooks.
 *
 * @module
 */
import { isDeepStrictEqual } from 'node:util';
import type { ServerResponse } from 'node:http';
import type { Allowed, Decision, Refusal } from '../decision.js';
import { callsNoFunction, phasesOf } from '../gate/index.js';
import type { Gate } from '../gate/index.js';
import { checkGate } from '../web/index.js';
import type { Auth, Rule } from '../policy/index.js';
import { refreshBytes } from './attach-auth.js';
import { fromNodeRequest } from './gate-request.js';
import type { NodeRequestView, ParsedRequest } from './gate-request.js';
import { admit, withDefaults } from './node-guard.js';
import type { NodeGuardOptions, NodePlace } from './node-guard.js';
import { replaceResponse } from './replace-response.js';

/** The settings of a route in a framework such as Fastify, whose routes have settings. */
export interface RouteConfig {
  /** The rule of the route, which replaces the rule of the guard. */
  readonly scopegate?: Rule;
}

export interface StagedPlace extends NodePlace {
  readonly config?: RouteConfig | undefined;
}

/** The options of a node guard; here `place` also returns the settings of the route. */
export interface StagedGuardOptions<Context> extends NodeGuardOptions<Context> {
  readonly place: (context: Context) => StagedPlace;
}

/**
 * Calls `done` if the request passes, or calls it with the error if the stage fails. If the request is
 * refused, the stage answers it and does not call `done`.
 */
type StageHook<Context> = (context: Context, done: (error?: Error) => void) => void;

/** A node guard with several stages. Each stage checks what the stages before did not check. */
export interface StagedNodeGuard<Context> {
  /** Throws if the rule in the settings of a route cannot be used; call it at mount. */
  readonly prepare: (config: RouteConfig | undefined) => void;
  /**
   * The stage before the body is parsed. It checks the token, and also the rule if there is one, since a
   * rule needs no body.
   */
  readonly early: StageHook<Context>;
  /** The stage after the body has been parsed. Without a rule of the route, it checks the policy. */
  readonly late: StageHook<Context>;
  /**
   * The last stage. It runs `handler` if the request passes; otherwise it writes the refusal and returns
   * the result of `write`.
   */
  readonly run: (context: Context, handler: () => unknown) => unknown;
}

/** What was checked: the token alone, the token and a rule (which needs no body), or the policy. */
type Stage = 'token' | 'rule' | 'policy';

/** What one guard allowed for a request so far. */
interface Pass {
  readonly guard: object;
  readonly gate: Gate;
  readonly view: NodeRequestView;
  /** With another rule, method or target the pass is void. */
  readonly rule: Rule | undefined;
  readonly method: string | undefined;
  readonly url: string | undefined;
  /** What the last stage checked; `undefined` before the first one has finished. */
  checked: Stage | undefined;
  decision: Allowed | undefined;
  auth: Auth | undefined;
  /** The evaluated body, or `req.body` if none was evaluated. */
  body: unknown;
  /** A copy of the body that was evaluated, if functions of the application were asked about it. */
  copy: unknown;
  /** The refusal of the last error that was thrown behind the guard. */
  pendingRefusal: Refusal | undefined;
}

/**
 * The property of a request that holds its passes. A property costs much less than a `WeakMap` entry for
 * every request.
 */
const PASSES = Symbol('scopegate.passes');

interface StagedRequest extends ParsedRequest {
  /**
   * The passes of all guards. The last one is that of the innermost gate, whose `auth` is attached and
   * which answers errors.
   */
  [PASSES]?: Pass[];
}

/**
 * Makes a guard that is called at each stage and checks what the stages before did not; if a framework
 * leaves out a stage, the next one does its checks. A body that was changed or replaced is evaluated
 * again. If the rule, the method or the target has changed, everything is checked again, since a router can
 * run twice. An allowed request is treated as by {@link createNodeGuard}; {@link keepRefusal} handles scope
 * errors.
 *
 * @example
 * ```ts
 * const guard = createStagedNodeGuard(gate, 'notes:read', { place, write });
 * app.addHook('onRequest', (request, reply, done) => guard.early(reply, done));
 * app.addHook('preHandler', (request, reply, done) => guard.late(reply, done));
 * ```
 * @throws {@link TypeError} for an unknown scope, without rule and policy, and without a rule if the
 * policy selects rules by path (`httpPolicy`)
 */
export function createStagedNodeGuard<S extends string, Context>(
  gate: Gate<S>,
  rule: Rule<NoInfer<S>> | undefined,
  options: StagedGuardOptions<Context>,
): StagedNodeGuard<Context> {
  const ruleOf = (config?: RouteConfig): Rule | undefined => ownRule(config) ?? rule;
  const prepare = (config?: RouteConfig): void => void gate.route(ruleOf(config) as Rule<S>);
  checkGate(gate, 'route');
  prepare();
  const { write } = withDefaults(options);
  const checks = new StageChecks(gate);
  const run = (context: Context, isEarly: boolean, handler: () => unknown): unknown => {
    const place = options.place(context);
    const decision = checks.check(place, ruleOf(place.config), isEarly);
    if (decision instanceof Promise) {
      return decision.then((said) => (said.allowed ? handler() : write(context, said)));
    }
    return decision.allowed ? handler() : write(context, decision);
  };
  const hook =
    (isEarly: boolean): StageHook<Context> =>
    (context, done) => {
      const ran = run(context, isEarly, done);
      if (ran instanceof Promise) ran.catch(done);
    };
  return {
    ...{ prepare, early: hook(true), late: hook(false) },
    run: (context, handler) => run(context, false, handler),
  };
}

/** The checks of one guard. If a stage has nothing left to check, it repeats the last decision. */
class StageChecks {
  readonly #gate: Gate;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  check(place: NodePlace, rule: Rule | undefined, isEarly: boolean): Decision | Promise<Decision> {
    const req: StagedRequest = place.req;
    if (place.body?.body !== undefined) req.body = place.body.body;
    const last = this.#passOf(req);
    const pass = last !== undefined && isFor(last, req, rule) ? last : this.#begin(req, rule);
    if (pass.decision !== undefined && isChecked(pass, req, isEarly)) return pass.decision;
    const stage: Stage = rule !== undefined ? 'rule' : isEarly ? 'token' : 'policy';
    const { gateRequest } = pass.view;
    const phases = phasesOf(this.#gate, rule);
    const decision =
      pass.decision !== undefined
        ? phases.authorize(pass.auth, gateRequest)
        : stage === 'token'
          ? phases.authenticate(gateRequest)
          : phases.decide(gateRequest);
    return decision instanceof Promise
      ? decision.then((settled) => this.#record(settled, stage, pass, place))
      : this.#record(decision, stage, pass, place);
  }

  /** Returns the pass of this guard, also if it is void. */
  #passOf(req: StagedRequest): Pass | undefined {
    return req[PASSES]?.find(({ guard }) => guard === this);
  }

  #begin(req: StagedRequest, rule: Rule | undefined): Pass {
    const { method, url } = req;
    return {
      guard: this,
      gate: this.#gate,
      view: fromNodeRequest(req, url),
      rule,
      method,
      url,
      checked: undefined,
      decision: undefined,
      auth: undefined,
      body: undefined,
      copy: undefined,
      pendingRefusal: undefined,
    };
  }

  #record(decision: Decision, stage: Stage, pass: Pass, place: NodePlace): Decision {
    if (!decision.allowed) return decision;
    const { req, res }: { readonly req: StagedRequest; readonly res: ServerResponse } = place;
    const passes = (req[PASSES] ??= []);
    if (pass.decision === undefined) {
      const last = this.#passOf(req);
      if (last !== undefined) passes.splice(passes.indexOf(last), 1);
      passes.push(pass);
      pass.auth = decision.auth;
    }
    const body = decision.body === undefined ? req.body : decision.body;
    const isAttached = pass.checked === 'policy' && pass.body === body;
    pass.checked = stage;
    pass.decision = decision;
    pass.body = body;
    pass.copy = callsNoFunction(this.#gate, pass.auth) ? undefined : copyOf(decision.body);
    // The same body may ask for another operation now.
    if (isAttached) {
      refreshBytes(req, place.rawBody);
      replaceResponse(res, this.#gate, decision);
    } else admit(this.#gate, place, { view: pass.view, decision, auth: passes.at(-1)?.auth });
    return decision;
  }
}

function isFor(pass: Pass, { method, url }: ParsedRequest, rule: Rule | undefined): boolean {
  return pass.rule === rule && pass.method === method && pass.url === url;
}

/**
 * Whether nothing is left to check. A hook may have changed a body in place, so it is evaluated again:
 * that costs less than a copy to compare with. Functions of the application are not asked again about
 * the same body, so there the copy decides.
 */
function isChecked(pass: Pass, req: ParsedRequest, isEarly: boolean): boolean {
  const { checked, decision, body, copy } = pass;
  if (isEarly || checked === 'rule') return true;
  if (checked !== 'policy' || body !== req.body) return false;
  return decision?.body === undefined || isDeepStrictEqual(copy, body);
}

/**
 * Returns the rule in the settings of a route. `scopegate: undefined`, which a misspelt constant
 * produces, is an error and not "no rule".
 */
function ownRule(config: RouteConfig = {}): Rule | undefined {
  if (!Object.hasOwn(config, 'scopegate')) return undefined;
  if (config.scopegate) return config.scopegate;
  throw new TypeError('config.scopegate: expected a rule');
}

/**
 * Keeps the refusal for a thrown scope error, which the innermost gate that allowed the request makes, and
 * calls `done`. It is for frameworks whose error hooks cannot answer: {@link pendingRefusalOf}
 * returns the refusal later.
 */
export function keepRefusal(thrown: unknown, req: ParsedRequest, done: () => void): void {
  const pass = (req as StagedRequest)[PASSES]?.at(-1);
  if (pass !== undefined) {
    pass.pendingRefusal = pass.gate.refuse(thrown, pass.view.gateRequest, pass.auth);
  }
  done();
}

/** Returns the refusal of the last {@link keepRefusal}; `undefined` if its error was no scope error. */
export function pendingRefusalOf(req: ParsedRequest): Refusal | undefined {
  return (req as StagedRequest)[PASSES]?.at(-1)?.pendingRefusal;
}

function copyOf(body: unknown): unknown {
  if (body === undefined) return undefined;
  try {
    return structuredClone(body);
  } catch {
    // A body that cannot be copied equals nothing, so that it is evaluated again.
    return undefined;
  }
}
