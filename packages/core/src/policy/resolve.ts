/**
 * Conditions and computed rules, turned into a static rule for one request.
 *
 * @module
 */
import { allOf, anyOf, deny, isRule, isRuleNode } from './rule.js';
import type { Rule, RuleContext } from './rule.js';

/** How often computed rules may return computed rules. */
const MAX_DEPTH = 16;

/**
 * Resolves a rule for a request: predicates are asked, functions called, in the order they stand,
 * one after the other. A condition that does not hold takes its scopes along: they are told nobody.
 *
 * Rejects if a function throws or returns no rule; the caller denies then.
 */
export async function resolveRule(rule: Rule, context: RuleContext, depth = 0): Promise<Rule> {
  if (depth > MAX_DEPTH) throw new TypeError(`rules computed rules ${MAX_DEPTH} times over`);
  if (typeof rule === 'string') return rule;
  if (typeof rule === 'function')
    return resolveRule(asRule(await rule(context)), context, depth + 1);
  if (!isRuleNode(rule)) throw new TypeError('a rule function returned something that is no rule');
  switch (rule.kind) {
    case 'computed':
      return resolveRule(asRule(await rule.compute(context)), context, depth + 1);
    case 'where': {
      const held: unknown = await rule.predicate(context);
      return held === true ? resolveRule(rule.rule, context, depth + 1) : deny();
    }
    case 'allOf': {
      const parts = await resolveAll(rule.rules, context, depth);
      const [first, ...others] = parts;
      return first === undefined || parts.some(isDenial) ? deny() : allOf(first, ...others);
    }
    case 'anyOf': {
      const parts = await resolveAll(rule.rules, context, depth);
      const [first, ...others] = parts.filter((part) => !isDenial(part));
      return first === undefined ? deny() : anyOf(first, ...others);
    }
    case 'authenticated':
    case 'publicAccess':
    case 'deny':
      return rule;
  }
}

async function resolveAll(
  rules: readonly Rule[],
  context: RuleContext,
  depth: number,
): Promise<Rule[]> {
  const resolved: Rule[] = [];
  for (const rule of rules) resolved.push(await resolveRule(rule, context, depth + 1));
  return resolved;
}

function asRule(value: unknown): Rule {
  if (!isRule(value)) throw new TypeError(`a rule function returned ${typeof value}, not a rule`);
  return value;
}

function isDenial(rule: Rule): boolean {
  return isRuleNode(rule) && rule.kind === 'deny';
}
