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
 * place: what is lacking is told. `now` is in seconds.
 *
 * Rejects if a function throws or returns no rule; the caller denies then.
 */
export async function resolveRule(rule: Rule, context: RuleContext, now: number): Promise<Rule> {
  return new Resolver(context, now).resolve(rule, 0);
}

class Resolver {
  readonly #context: RuleContext;
  readonly #now: number;
  readonly #resolved = new Map<Rule, Rule>();

  constructor(context: RuleContext, now: number) {
    this.#context = context;
    this.#now = now;
  }

  async resolve(rule: Rule, computed: number): Promise<Rule> {
    const known = this.#resolved.get(rule);
    if (known !== undefined) return known;
    const resolved = await this.#resolve(rule, computed);
    this.#resolved.set(rule, resolved);
    return resolved;
  }

  async #resolve(rule: Rule, computed: number): Promise<Rule> {
    if (computed > MAX_COMPUTED) {
      throw new TypeError(`rules computed rules more than ${MAX_COMPUTED} times over`);
    }
    if (typeof rule === 'string') return rule;
    if (typeof rule === 'function') {
      return this.resolve(asRule(await rule(this.#context)), computed + 1);
    }
    switch (rule.kind) {
      case 'computed':
        return this.resolve(asRule(await rule.compute(this.#context)), computed + 1);
      case 'where': {
        const held: unknown = await rule.predicate(this.#context);
        return held === true ? this.resolve(rule.rule, computed) : deny();
      }
      case 'allOf': {
        const parts = await this.#resolveAll(rule.rules, computed);
        return parts.some(isDenial) ? deny() : allOf(...parts);
      }
      case 'anyOf': {
        const parts = await this.#resolveAll(rule.rules, computed);
        const [first, ...others] = parts.filter((part) => !isDenial(part));
        return first === undefined ? deny() : anyOf(first, ...others);
      }
      case 'recentLogin':
        return rule.logins.holds(this.#context.auth, rule.login, this.#now)
          ? authenticated()
          : rule;
      case 'authenticated':
      case 'publicAccess':
      case 'deny':
        return rule;
    }
  }

  async #resolveAll(rules: readonly Rule[], computed: number): Promise<[Rule, ...Rule[]]> {
    const resolved: Rule[] = [];
    for (const rule of rules) resolved.push(await this.resolve(rule, computed));
    return resolved as [Rule, ...Rule[]];
  }
}

function asRule(value: unknown): Rule {
  if (!isRule(value)) throw new TypeError(`a rule function returned ${typeof value}, not a rule`);
  return value;
}

function isDenial(rule: Rule): boolean {
  return isRuleNode(rule) && rule.kind === 'deny';
}
