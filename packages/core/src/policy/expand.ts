/**
 * Computes the sets of scopes that satisfy a rule by themselves.
 *
 * @module
 */
import { foldRule } from './fold-rule.js';
import type { Alternative, Rule } from './types.js';

/** Alternatives of a rule. */
export interface Expansion {
  readonly alternatives: readonly Alternative[];
  /** Whether some alternatives were left out. */
  readonly truncated: boolean;
}

/**
 * Returns the alternatives of a rule, which it combines from the alternatives of the parts. Conditions and
 * computed rules have no alternatives, because only a request shows whether they hold.
 *
 * @param keep - selects the alternatives of each part to continue with, since there can be very many
 */
export function expand(
  rule: Rule,
  keep: (alternatives: Iterable<Alternative>) => Expansion,
): Expansion {
  const combine = (parts: readonly Expansion[], all: Iterable<Alternative>): Expansion => {
    const kept = keep(all);
    return { ...kept, truncated: kept.truncated || parts.some(({ truncated }) => truncated) };
  };
  return foldRule<Expansion>(rule, {
    scope: (scope) => ({ alternatives: [[scope]], truncated: false }),
    allOf: (parts) =>
      parts.reduce((ways, next) => combine([ways, next], product(ways, next)), NO_SCOPES),
    anyOf: (parts) =>
      combine(
        parts,
        parts.flatMap(({ alternatives }) => alternatives),
      ),
    where: () => NONE,
    computed: () => NONE,
    // A login needs no scope: a challenge names the login in parameters of its own.
    recentLogin: () => NO_SCOPES,
    authenticated: () => NO_SCOPES,
    publicAccess: () => NO_SCOPES,
    deny: () => NONE,
  });
}

const NONE: Expansion = { alternatives: [], truncated: false };
const NO_SCOPES: Expansion = { alternatives: [[]], truncated: false };

function* product(left: Expansion, right: Expansion): Generator<Alternative> {
  for (const a of left.alternatives) {
    for (const b of right.alternatives) yield [...new Set([...a, ...b])];
  }
}
