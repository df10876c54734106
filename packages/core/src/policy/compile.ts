/**
 * Compiles rules against a catalogue: finds unknown scopes and prepares what answers need.
 *
 * @module
 */
import { expectKnown } from '../scope/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import { describeRule } from './describe-rule.js';
import { expand } from './expand.js';
import { foldRule } from './fold-rule.js';
import type { Alternative, CompiledNode, CompiledRule, LoginReader, Rule } from './types.js';

/** How many alternatives are listed; with more, the challenge is a good one, not always the best. */
const MAX_ALTERNATIVES = 64;

/**
 * Compiles a rule. The result never depends on a token.
 *
 * @param path - the option that holds the rule, for error messages
 * @throws {@link TypeError} for a scope that the catalogue does not know, or something that is no rule
 */
export function compileRule(
  rule: Rule,
  catalogue: ScopeCatalogue | undefined,
  path: string,
): CompiledRule {
  const scopes = new Set<string>();
  const parts = new Set<Rule>();
  let shared = false;
  let logins: LoginReader | undefined;

  const notePart = (part: Rule): void => {
    if (typeof part !== 'object') return;
    if (parts.has(part)) shared = true;
    parts.add(part);
  };
  const noteScope = (scope: string, at: string): void => {
    if (catalogue !== undefined) expectKnown(scope, at, catalogue);
    scopes.add(scope);
  };
  const group = (
    kind: 'allOf' | 'anyOf',
    built: readonly Built[],
    rules: readonly Rule[],
  ): Built => {
    rules.forEach(notePart);
    return {
      node: { kind, nodes: built.map(({ node }) => node) },
      dynamic: built.some(({ dynamic }) => dynamic),
      mayBePublic: built.some(({ mayBePublic }) => mayBePublic),
    };
  };

  const { node, dynamic, mayBePublic } = foldRule<Built>(
    rule,
    {
      scope(scope, at) {
        noteScope(scope, at);
        return leaf({ kind: 'scope', scope });
      },
      allOf: (built, { rules }) => group('allOf', built, rules),
      anyOf: (built, { rules }) => group('anyOf', built, rules),
      // The scopes behind the condition were checked; no challenge names them.
      where(_, { rule: part }) {
        notePart(part);
        return leaf({ kind: 'dynamic' });
      },
      computed(part, at) {
        if (typeof part === 'object') {
          for (const scope of part.mayRequire) noteScope(scope, `${at}.mayRequire`);
        }
        return leaf({ kind: 'dynamic' });
      },
      recentLogin(part) {
        ({ logins } = part);
        return leaf({ kind: 'login', rule: part });
      },
      authenticated: () => leaf({ kind: 'authenticated' }),
      publicAccess: () => leaf({ kind: 'publicAccess' }),
      deny: () => leaf({ kind: 'deny' }),
    },
    path,
  );
  return Object.freeze({
    ...{ rule, node, scopes: Object.freeze([...scopes]), shared, dynamic, mayBePublic, logins },
    ...listAlternatives(node),
    description: describeRule(rule),
  });
}

type Built = Pick<CompiledRule, 'node' | 'dynamic' | 'mayBePublic'>;

function leaf(node: CompiledNode): Built {
  const { kind } = node;
  const dynamic = kind === 'dynamic' || kind === 'login';
  return { node, dynamic, mayBePublic: kind === 'publicAccess' };
}

function listAlternatives(node: CompiledNode): Pick<CompiledRule, 'alternatives' | 'truncated'> {
  let truncated = false;
  const distinct = (all: Iterable<Alternative>): readonly Alternative[] => {
    const found = new Map<string, Alternative>();
    for (const alternative of all) {
      const key = alternative.toSorted().join(' ');
      if (found.has(key)) continue;
      if (found.size === MAX_ALTERNATIVES) {
        truncated = true;
        break;
      }
      found.set(key, alternative);
    }
    return [...found.values()];
  };
  const alternatives = expand(node, distinct);
  return { alternatives, truncated };
}
