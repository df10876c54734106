/**
 * Lists every rule of a gate and of its routes.
 *
 * @module
 */
import type { Gate, Operation, Policy } from '@scopegate/core';
import { compileRule } from '@scopegate/core/engine';
import type { ListedRule, RouteRules } from './types.js';

/**
 * Returns the rules of the policy in the order of their declaration, its defaults, then the routes.
 *
 * @throws {@link TypeError} naming the route; and when there is neither a policy nor a route
 */
export function listRules<S extends string>(
  gate: Gate<S>,
  routes: RouteRules<S> | undefined,
): readonly ListedRule[] {
  const policy: Policy | undefined = gate.policy;
  const listed = [
    ...(policy === undefined ? [] : ofPolicy(gate, policy)),
    ...ofRoutes(gate, routes),
  ];
  if (listed.length === 0) {
    throw new TypeError('routes: the gate has no policy, so its routes must be named');
  }
  return listed;
}

function ofPolicy(gate: Gate, policy: Policy): readonly ListedRule[] {
  const entries = [...policy.entries(), ...(policy.taskEntries?.() ?? [])];
  const named = entries.map(({ operation, rule, otherwise }): ListedRule => {
    const { method, name } = operation;
    const label = labelOf(operation);
    return {
      kind: 'operation',
      operation: label,
      method,
      ...(name !== undefined && { name }),
      ...(otherwise !== undefined && { otherwise }),
      rule: compileRule(rule, gate.scopes, label),
    };
  });
  const defaults = policy.defaults().map(({ name, label, rule }): ListedRule => ({
    kind: 'default',
    operation: label,
    method: name,
    rule: compileRule(rule, gate.scopes, label),
  }));
  return [...named, ...defaults];
}

function ofRoutes(gate: Gate, routes: RouteRules = {}): readonly ListedRule[] {
  if (typeof routes !== 'object' || routes === null) {
    throw new TypeError('routes: expected a record of rules');
  }
  return Object.entries(routes).map(([key, rule]): ListedRule => {
    const path = `routes[${JSON.stringify(key)}]`;
    const [, method, name] = /^([A-Z]+|\*) (\/[^\s?#]*)$/.exec(key) ?? [];
    if (method === undefined || name === undefined) {
      throw new TypeError(`${path}: expected a method and a path, such as 'GET /export'`);
    }
    return {
      kind: 'route',
      operation: key,
      method,
      name,
      rule: compileRule(rule, gate.scopes, path),
    };
  });
}

function labelOf({ method, name }: Pick<Operation, 'method' | 'name'>): string {
  return name === undefined ? method : `${method} ${name}`;
}
