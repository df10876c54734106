/**
 * The ways in which scopes alone satisfy a rule.
 *
 * @module
 */
import type { Alternative, CompiledNode } from './types.js';

/**
 * Combines the ways of a rule's parts to the ways of the rule. A part that stands in many places is
 * looked at once.
 *
 * @param keep - picks of the ways of each part those that go on; there can be very many
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
      // What else it asks for is said beside the scopes.
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
