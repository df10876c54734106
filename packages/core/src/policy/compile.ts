/**
 * Compiles rules: refuses scopes that the catalogue does not have, and computes once what decisions and
 * refusals need of a rule.
 *
 * @module
 */
import { expectKnown } from '../scope/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import { describeRule } from './describe-rule.js';
import { expand } from './expand.js';
import type { Expansion } from './expand.js';
import { foldRule } from './fold-rule.js';
import type { Alternative, CompiledRule, LoginReader, Rule } from './types.js';

/**
 * Maximum number of alternatives that are listed for a rule. If a rule has more, a challenge may ask for
 * more scopes than necessary.
 */
const MAX_ALTERNATIVES = 64;

/**
 * Compiles a rule. The result never depends on a token.
 *
 * @param path - the option that contains the rule, for error messages
 * @throws {@link TypeError} for a scope that the catalogue does not know, a value that is no rule, or rules
 * that nest deeper than 64 levels
 */
export function compileRule(
  rule: Rule,
  catalogue: ScopeCatalogue | undefined,
  path: string,
): CompiledRule {
  const scopes = new Set<string>();
  let dynamic = false;
  let logins: LoginReader | undefined;
  const addScope = (scope: string, at: string): void => {
    if (catalogue !== undefined) expectKnown(scope, at, catalogue);
    scopes.add(scope);
  };

  const isPublic = foldRule<boolean>(
    rule,
    {
      scope(scope, at) {
        addScope(scope, at);
        return false;
      },
      allOf: (parts) => !parts.includes(false),
      anyOf: (parts) => parts.includes(true),
      where() {
        dynamic = true;
        return false;
      },
      computed(part, at) {
        dynamic = true;
        if (typeof part === 'object') {
          for (const scope of part.mayRequire) addScope(scope, `${at}.mayRequire`);
        }
        return false;
      },
      recentLogin(part) {
        dynamic = true;
        ({ logins } = part);
        return false;
      },
      authenticated: () => false,
      publicAccess: () => true,
      deny: () => false,
    },
    path,
  );
  return Object.freeze({
    ...{ rule, scopes: Object.freeze([...scopes]), dynamic, isPublic, logins },
    ...expand(rule, distinct),
    description: describeRule(rule),
  });
}

/**
 * Returns the alternatives of which no two have the same scopes, and at most {@link MAX_ALTERNATIVES} of
 * them.
 */
function distinct(all: Iterable<Alternative>): Expansion {
  const found = new Map<string, Alternative>();
  for (const alternative of all) {
    const key = alternative.toSorted().join(' ');
    if (!found.has(key)) found.set(key, alternative);
    if (found.size > MAX_ALTERNATIVES) break;
  }
  const alternatives = [...found.values()].slice(0, MAX_ALTERNATIVES);
  return { alternatives, truncated: found.size > MAX_ALTERNATIVES };
}
