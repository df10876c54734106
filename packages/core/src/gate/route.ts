/**
 * Prepares a route once: its compiled rule, and refusals that do not depend on the request.
 *
 * @module
 */
import { compileRule, evaluateCompiled, partsOfTarget } from '../policy/index.js';
import type {
  CompiledRule,
  MatchedOperation,
  Operation,
  Policy,
  Rule,
  RulePart,
} from '../policy/index.js';
import type { GateRequest } from '../types.js';
import type { Refusal } from '../decision.js';
import type { GateSettings } from './options.js';
import type { Refusals } from './refusals.js';

export interface PreparedRoute {
  /** The rule of the route; absent if the policy decides. */
  readonly rule: CompiledRule | undefined;
  readonly mayBePublic: boolean;
  /** The scopes that a 401 names. */
  readonly loginScopes: readonly string[];
  readonly unauthorized: Refusal;
  readonly invalidToken: Refusal;
}

/**
 * Prepares a route.
 *
 * @throws {@link TypeError} if the rule names an unknown scope, or if there is neither a rule nor a
 * policy: a missing rule must never mean an unguarded route
 */
export function prepareRoute(
  rule: Rule | undefined,
  settings: GateSettings,
  refusals: Refusals,
): PreparedRoute {
  const { catalogue, policy } = settings;
  if (rule === undefined && policy === undefined) {
    throw new TypeError('rule: the gate has no policy, so the route needs a rule of its own');
  }
  const compiled = rule === undefined ? undefined : compileRule(rule, catalogue, 'rule');
  const scopes = loginScopes(compiled, settings);
  return {
    rule: compiled,
    mayBePublic: compiled === undefined ? policy?.mayBePublic === true : compiled.isPublic,
    loginScopes: scopes,
    unauthorized: refusals.unauthorized(scopes),
    invalidToken: refusals.invalidToken(scopes),
  };
}

/**
 * Refuses a route without a rule of its own if the policy selects rules by path. Mounts and middleware
 * can change the path, and the gate would apply the rule of a path that is not the handler's.
 *
 * @throws {@link TypeError} that says what to do
 */
export function refusePathPolicy(rule: Rule | undefined, policy: Policy | undefined): void {
  if (rule !== undefined || policy?.reads !== 'path') return;
  throw new TypeError(
    "rule: the gate's policy goes by the path (httpPolicy), and behind a router the gate does not " +
      'see the final one: give the route its own rule, protect(gate, rule), or guard the whole ' +
      'application with gate.fetch(handler)',
  );
}

/**
 * Returns the scopes that a 401 names: those of the rule, or `initialScopes` if the rule is not known yet or
 * names none.
 */
export function loginScopes(
  rule: CompiledRule | undefined,
  settings: GateSettings,
): readonly string[] {
  if (rule === undefined) return settings.initialScopes;
  const { challenge } = evaluateCompiled(rule, undefined, settings.catalogue);
  return challenge.length > 0 ? challenge : settings.initialScopes;
}

/**
 * Returns the operation of a route with a rule of its own. Its label does not contain the request target,
 * so that refusals do not repeat it.
 */
export function toRouteOperation(rule: CompiledRule, request: GateRequest): MatchedOperation {
  return new RouteOperation(rule, request);
}

/**
 * The operation of a route. `operation` is a getter, since reading the target is expensive in some
 * frameworks.
 */
class RouteOperation implements MatchedOperation {
  readonly kind = 'operation';
  readonly label = 'This request';
  readonly rule: CompiledRule;
  readonly parts: readonly RulePart[] | undefined;
  readonly #request: GateRequest;

  constructor(rule: CompiledRule, request: GateRequest) {
    this.rule = rule;
    this.parts = partsOfTarget(rule, request);
    this.#request = request;
  }

  get operation(): Operation {
    const { method, url } = this.#request;
    return { protocol: 'http', method, name: url };
  }
}
