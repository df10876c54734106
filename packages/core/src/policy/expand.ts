/**
 * The sets of scopes that satisfy a rule by themselves.
 *
 * @module
 */
import type { Alternative, CompiledNode } from './types.js';

/**
 * Combines the alternatives of a rule's parts to those of the rule. A part that stands in several places
 * is expanded once.
 *
 * @param keep - selects the alternatives of each part to continue with, since there can be very many
 */
export function expand(
  node: CompiledNode,
  keep: (alternatives: Iterable<Alternative>) => readonly Alternative[],
): readonly Alternative[] {
  const known = new Map<CompiledNode, readonly Alternative[]>();
  const waysOf = (part: CompiledNode): readonly Alternative[] => {
    let ways = known.get(part);
    if (ways === undefined) known.set(part, (ways = combine(part)));
    return ways;
  };
  const combine = (part: CompiledNode): readonly Alternative[] => {
    switch (part.kind) {
      case 'scope':
        return [[part.scope]];
      case 'authenticated':
      case 'publicAccess':
      // The login itself is named beside the scopes.
      case 'login':
        return [[]];
      case 'deny':
      case 'dynamic':
        return [];
      case 'anyOf':
        return keep(part.nodes.flatMap(waysOf));
      case 'allOf':
        return part.nodes.reduce<readonly Alternative[]>(
          (ways, next) => keep(product(ways, waysOf(next))),
          [[]],
        );
    }
  };
  return waysOf(node);
}

function* product(
  left: readonly Alternative[],
  right: readonly Alternative[],
): Generator<Alternative> {
  for (const a of left) for (const b of right) yield [...new Set([...a, ...b])];
}
