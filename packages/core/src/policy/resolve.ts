/**
 * Conditions and computed rules, turned into a static rule for one request.
 *
 * @module
 */
import { allOf, anyOf, authenticated, deny, isRule, isRuleNode } from './rule.js';
import type { Rule, RuleContext } from './rule.js';

/** How often computed rules may return computed rules; how deep they nest, compiling limits. */
const MAX_COMPUTED = 16;

/**
 * Resolves a rule for a request: predicates are asked, functions called, in the order they stand,
 * one after the other, each once even if it stands in several places. A condition that does not
 * hold takes its scopes along: they are told nobody. A `recentLogin` that is not met stays in its
 * place: what is lacking is told. `now` is in seconds, and so is how far the issuer's clock may be
 * ahead of it.
 *
 * Rejects if a function throws or returns no rule; the caller denies then.
 */
export function resolveRule(
  rule: Rule,
  context: RuleContext,
  now: number,
  clockTolerance = 0,
): Promise<Rule> {
  const time = { now, clockTolerance };
  const known = new Map<Rule, Rule>();
  const resolve = async (part: Rule, computed: number): Promise<Rule> => {
    const resolved = known.get(part) ?? (await settle(part, computed));
    known.set(part, resolved);
    return resolved;
  };
  const settle = async (part: Rule, computed: number): Promise<Rule> => {
    if (computed > MAX_COMPUTED) {
      throw new TypeError(`rules computed rules more than ${MAX_COMPUTED} times over`);
    }
    if (typeof part === 'string') return part;
    if (typeof part === 'function') return resolve(asRule(await part(context)), computed + 1);
    switch (part.kind) {
      case 'computed':
        return resolve(part.compute, computed);
      case 'where':
        return (await part.predicate(context)) === true ? resolve(part.rule, computed) : deny();
      case 'allOf':
      case 'anyOf': {
        const parts: Rule[] = [];
        for (const element of part.rules) parts.push(await resolve(element, computed));
        const possible = parts.filter((element) => !isDenial(element));
        const [first, ...others] = possible;
        if (part.kind === 'anyOf') return first === undefined ? deny() : anyOf(first, ...others);
        return possible.length < parts.length ? deny() : allOf(...(parts as [Rule]));
      }
      case 'recentLogin':
        return part.logins.holds(context.auth, part.login, time) ? authenticated() : part;
      case 'authenticated':
      case 'publicAccess':
      case 'deny':
        return part;
    }
  };
  return resolve(rule, 0);
}

function asRule(value: unknown): Rule {
  if (!isRule(value)) throw new TypeError(`a rule function returned ${typeof value}, not a rule`);
  return value;
}

function isDenial(rule: Rule): boolean {
  return isRuleNode(rule) && rule.kind === 'deny';
}
