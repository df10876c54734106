/**
 * What a gate prepares for a route at set-up: its compiled rule and the answers that do not depend on
 * the request.
 *
 * @module
 */
import { compileRule, evaluateCompiled } from '../policy/index.js';
import type { CompiledRule, MatchedOperation, Operation, Policy, Rule } from '../policy/index.js';
import type { GateRequest } from '../types.js';
import type { Refusal } from './decision.js';
import type { GateSettings } from './options.js';
import type { Refusals } from './refusals.js';

/** A route's part of the answers. */
export interface PreparedRoute {
  /** Absent if the policy judges. */
  readonly rule: CompiledRule | undefined;
  readonly mayBePublic: boolean;
  readonly unauthorized: Refusal;
  readonly invalidToken: Refusal;
}

/**
 * Prepares a route.
 *
 * @throws {@link TypeError} when the rule names an unknown scope, or there is neither a rule nor a
 * policy: an unguarded route is never the meaning of nothing
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
    mayBePublic: compiled === undefined ? policy?.mayBePublic === true : compiled.mayBePublic,
    unauthorized: refusals.unauthorized(scopes),
    invalidToken: refusals.invalidToken(scopes),
  };
}

/**
 * Refuses a route without a rule of its own where the policy goes by the path. Mounts cut a path,
 * middleware rewrites it, and a router reads it in its own way: what is judged would not be what runs.
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

/** A rule known before the body names its own scopes; otherwise the first login's. */
export function loginScopes(
  rule: CompiledRule | undefined,
  settings: GateSettings,
): readonly string[] {
  if (rule === undefined) return settings.initialScopes;
  const { challenge } = evaluateCompiled(rule, undefined, settings.catalogue);
  return challenge.length > 0 ? challenge : settings.initialScopes;
}

/** The operation of a route with a rule of its own. The target is not repeated on the wire. */
export function toRouteOperation(rule: CompiledRule, request: GateRequest): MatchedOperation {
  return new RouteOperation(rule, request);
}

/** The operation is made when somebody asks: to some frameworks the target is dear. */
class RouteOperation implements MatchedOperation {
  readonly kind = 'operation';
  readonly label = 'This request';
  readonly rule: CompiledRule;
  readonly #request: GateRequest;

  constructor(rule: CompiledRule, request: GateRequest) {
    this.rule = rule;
    this.#request = request;
  }

  get operation(): Operation {
    const { method, url } = this.#request;
    return { protocol: 'http', method, name: url };
  }
}
