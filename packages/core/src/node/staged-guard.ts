/**
 * Makes the guard for frameworks that parse bodies themselves between their hooks.
 *
 * @module
 */
import { isDeepStrictEqual } from 'node:util';
import type { Decision, Refusal } from '../decision.js';
import type { Gate } from '../gate/index.js';
import type { Auth, Rule } from '../policy/index.js';
import { fromNodeRequest } from './gate-request.js';
import type { NodeRequestView, ParsedRequest } from './gate-request.js';
import { admit, withDefaults } from './node-guard.js';
import type { NodeGuardOptions, NodePlace } from './node-guard.js';

/** The settings of a route, in a framework whose routes have settings. */
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
  /** The stage after the body has been parsed. It checks the policy. */
  readonly late: StageHook<Context>;
  /**
   * The last stage. It runs `handler` if the request passes; otherwise it writes the refusal and returns
   * the result of `write`.
   */
  readonly run: (context: Context, handler: () => unknown) => unknown;
}

/** The state of a request that one guard allowed. */
interface Pass {
  readonly check: Check;
  readonly gate: Gate;
  readonly view: NodeRequestView;
  readonly auth: Auth | undefined;
  /** The rule that was checked. The pass is void if the rule, the method or the target differs. */
  readonly rule: Rule | undefined;
  readonly method: string | undefined;
  readonly url: string | undefined;
  checked: 'token' | 'rule' | 'policy';
  /** The body at the time of the check. */
  body: unknown;
  /** A copy of `body` if the policy evaluated it, because a hook may change the body later. */
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
 * again, and so is everything if the rule, the method or the target differs, since a router can run
 * again. An allowed request is treated as by {@link createNodeGuard}; {@link keepRefusal} handles scope
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
  prepare();
  const { write } = withDefaults(options);
  const check = createCheck(gate);
  const run = (context: Context, isEarly: boolean, handler: () => unknown): unknown => {
    const place = options.place(context);
    const finish = (decision: Decision): unknown =>
      decision.allowed ? handler() : write(context, decision);
    const decision = check(place, ruleOf(place.config), isEarly);
    return decision instanceof Promise ? decision.then(finish) : finish(decision);
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

type Check = (
  place: NodePlace,
  rule: Rule | undefined,
  isEarly: boolean,
) => Decision | Promise<Decision>;

/**
 * Makes the function that runs the check of a stage. If nothing is left to check, it returns an allowed
 * decision without headers.
 */
function createCheck(gate: Gate): Check {
  return function check(place, rule, isEarly) {
    const req: StagedRequest = place.req;
    if (place.body?.body !== undefined) req.body = place.body.body;
    const passes = (req[PASSES] ??= []);
    const { method, url } = req;
    const last = passes.find((one) => one.check === check);
    const isSame = last?.rule === rule && last?.method === method && last?.url === url;
    const pass = isSame ? last : undefined;
    if (pass !== undefined && isChecked(pass, req, isEarly)) {
      return { allowed: true, auth: pass.auth, headers: [] };
    }
    const view = pass?.view ?? fromNodeRequest(req, url);
    const checked: Pass['checked'] = rule !== undefined ? 'rule' : isEarly ? 'token' : 'policy';
    const record = (decision: Decision): Decision => {
      if (!decision.allowed) return decision;
      const { auth, body } = decision;
      const current = body === undefined ? req.body : body;
      const found = { checked, body: current, copy: copyOf(body) };
      if (pass !== undefined) Object.assign(pass, found);
      else {
        if (last !== undefined) passes.splice(passes.indexOf(last), 1);
        const fixed = { check, gate, view, auth, rule, method, url };
        passes.push({ ...fixed, ...found, pendingRefusal: undefined });
      }
      admit(gate, place, { view, decision, auth: passes.at(-1)?.auth });
      return decision;
    };
    const decision =
      pass !== undefined
        ? gate.authorize(pass.auth, view.gateRequest, rule)
        : checked === 'token'
          ? gate.authenticate(view.gateRequest)
          : gate.decide(view.gateRequest, rule);
    return decision instanceof Promise ? decision.then(record) : record(decision);
  };
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
 * Keeps the refusal for a thrown scope error, as the innermost gate that allowed the request makes it,
 * and calls `done`. It is for frameworks whose error hooks cannot answer: {@link pendingRefusalOf}
 * returns the refusal later.
 */
export function keepRefusal(thrown: unknown, req: ParsedRequest, done: () => void): void {
  const pass = (req as StagedRequest)[PASSES]?.at(-1);
  if (pass !== undefined) {
    pass.pendingRefusal = pass.gate.refuse(thrown, pass.view.gateRequest, pass.auth);
  }
  done();
}

/** Returns the refusal that {@link keepRefusal} kept last; `undefined` if the error was no scope error. */
export function pendingRefusalOf(req: ParsedRequest): Refusal | undefined {
  return (req as StagedRequest)[PASSES]?.at(-1)?.pendingRefusal;
}

function isChecked({ checked, body, copy }: Pass, req: ParsedRequest, isEarly: boolean): boolean {
  if (isEarly || checked === 'rule') return true;
  if (checked !== 'policy' || body !== req.body) return false;
  // A hook may have changed the body in place.
  return copy === undefined || isDeepStrictEqual(copy, body);
}

function copyOf(body: unknown): unknown {
  if (body === undefined) return undefined;
  try {
    return structuredClone(body);
  } catch {
    // A body that cannot be copied gets a copy that equals nothing, so that it is evaluated again.
    return Symbol('no copy');
  }
}
