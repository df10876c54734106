/**
 * The guard for frameworks that parse bodies themselves between their hooks.
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

/** The settings of a route, in a framework where routes have such. */
export interface RouteConfig {
  /** What the route needs, in place of the guard's own rule. */
  readonly scopegate?: Rule;
}

export interface StagedPlace extends NodePlace {
  readonly config?: RouteConfig | undefined;
}

/** As for a node guard; `place` also says which settings the route has. */
export interface StagedGuardOptions<Context> extends NodeGuardOptions<Context> {
  readonly place: (context: Context) => StagedPlace;
}

/** Calls `done` if the request passes, also with what fails; otherwise the request was answered. */
type StageHook<Context> = (context: Context, done: (error?: Error) => void) => void;

/** A node guard in stages: each checks what the stages before did not. */
export interface StagedNodeGuard<Context> {
  /** Throws if the rule in the settings of a route cannot be used; call it at mount. */
  readonly prepare: (config: RouteConfig | undefined) => void;
  /** Before the body is parsed: checks the token, and a rule, which needs no body. */
  readonly early: StageHook<Context>;
  /** When the body has been parsed: checks the policy. */
  readonly late: StageHook<Context>;
  /** The last stage: runs `handler` if the request passes. Otherwise it returns what `write` did. */
  readonly run: (context: Context, handler: () => unknown) => unknown;
}

/** What one guard allowed for a request so far. */
interface Pass {
  readonly check: Check;
  readonly gate: Gate;
  readonly view: NodeRequestView;
  readonly auth: Auth | undefined;
  /** With another rule, method or target the pass is void. */
  readonly rule: Rule | undefined;
  readonly method: string | undefined;
  readonly url: string | undefined;
  checked: 'token' | 'rule' | 'policy';
  /** The body that was there. */
  body: unknown;
  /** A copy of it, if the policy evaluated it. */
  copy: unknown;
  /** The refusal of the last error that was thrown behind the guard. */
  pendingRefusal: Refusal | undefined;
}

/** A property costs much less than a `WeakMap` entry for every request. */
const PASSES = Symbol('scopegate.passes');

interface StagedRequest extends ParsedRequest {
  /** The innermost gate's pass is the last: its `auth` is attached, and it answers errors. */
  [PASSES]?: Pass[];
}

/**
 * Makes a guard that is called at each stage and checks what the stages before did not; a stage that
 * does not come is made up for by the next one. A body that was changed or replaced is evaluated again,
 * and so is everything if the rule, the method or the target differs, since a router can run again. An
 * allowed request is treated as {@link createNodeGuard} does; {@link keepRefusal} answers errors.
 *
 * @example
 * ```ts
 * const guard = createStagedNodeGuard(gate, 'notes:read', { place, write });
 * app.addHook('onRequest', (request, reply, done) => guard.early(reply, done));
 * app.addHook('preHandler', (request, reply, done) => guard.late(reply, done));
 * ```
 * @throws {@link TypeError} for an unknown scope, without rule and policy, and without a rule where the
 * policy goes by the path (`httpPolicy`)
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

/** Makes the check of a stage. If nothing is left to check, it allows with no headers. */
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

/** `scopegate: undefined`, a misspelt constant for example, is an error and not "no rule". */
function ownRule(config: RouteConfig = {}): Rule | undefined {
  if (!Object.hasOwn(config, 'scopegate')) return undefined;
  if (config.scopegate) return config.scopegate;
  throw new TypeError('config.scopegate: expected a rule');
}

/**
 * Keeps the refusal for a thrown scope error, in the words of the innermost gate that allowed the
 * request, and calls `done`: for frameworks whose error hooks cannot answer. {@link pendingRefusalOf}
 * returns it.
 */
export function keepRefusal(thrown: unknown, req: ParsedRequest, done: () => void): void {
  const pass = (req as StagedRequest)[PASSES]?.at(-1);
  if (pass !== undefined) {
    pass.pendingRefusal = pass.gate.refuse(thrown, pass.view.gateRequest, pass.auth);
  }
  done();
}

/** The refusal that {@link keepRefusal} kept last, if the error was a scope error. */
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
    // What cannot be copied is equal to nothing, so that it is evaluated again.
    return Symbol('no copy');
  }
}
