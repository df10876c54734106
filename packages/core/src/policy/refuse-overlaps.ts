/**
 * Refuses keys that overlap without one being more specific than the other.
 *
 * @module
 */
import { isSameRule } from './same-rule.js';
import { SegmentTree, coversMethod, toSegments } from './segment-rules.js';
import type { SegmentKey } from './segment-rules.js';
import type { CompiledRule } from './types.js';

/** A key with its rule. */
export interface RuledKey extends SegmentKey {
  /** The key as it was declared: `GET /notes/{id}`, `notes://{id}`. */
  readonly key: string;
  readonly rule: CompiledRule;
}

/**
 * Refuses keys that do not determine which rule an operation has. One key is more specific than another if
 * it matches a part of the operations that the other matches, by path and method together. If two keys match
 * the same operation and neither is more specific, they are refused, unless their rules are the same or
 * there is a key for exactly the operations that both match. Two keys that match exactly the same operations
 * are refused, too.
 *
 * @param as - an addition to error messages, which names the way in which the keys are read
 * @throws {@link TypeError} naming both keys, an operation that both match, and the key to add
 */
export function refuseOverlaps(keys: readonly RuledKey[], path: string, as = ''): void {
  const all = new SegmentTree<RuledKey>();
  for (const key of keys) {
    const earlier = all.add(key);
    if (earlier !== undefined) {
      throw new TypeError(`${path}['${key.key}']: there is a rule for '${earlier.key}'`);
    }
  }
  const before = new SegmentTree<RuledKey>();
  for (const key of keys) {
    before.forOverlapping(key, (other) => {
      if (isSameRule(key.rule.rule, other.rule.rule)) return;
      if (covers(key, other) || covers(other, key)) return;
      const both = meet(key, other);
      if (all.has(both)) return;
      throw new TypeError(
        `${path}['${key.key}']: it and '${other.key}' both match ${operationOf(both)}${as}, and ` +
          `neither is a part of the other: add a rule for '${toText(both, namesOf(key))}'`,
      );
    });
    before.add(key);
  }
}

/**
 * Refuses overlapping keys that have no methods, such as resource URIs, as {@link refuseOverlaps} does.
 *
 * @throws {@link TypeError} naming the key
 */
export function refuseOverlappingTexts(
  rules: Iterable<readonly [key: string, rule: CompiledRule]>,
  path: string,
): void {
  const toKey = ([key, rule]: readonly [string, CompiledRule]): RuledKey => ({
    ...{ key, rule },
    segments: toSegments(key, `${path}['${key}']`),
  });
  refuseOverlaps(Array.from(rules, toKey), path);
}

/** Whether a key matches everything that the other key matches, for two keys that overlap. */
function covers(one: SegmentKey, other: SegmentKey): boolean {
  return (
    coversMethod(one.method, other.method) &&
    one.segments.every((segment, at) => segment === undefined || segment === other.segments[at])
  );
}

/** Returns the key for exactly the operations that two overlapping keys both match. */
function meet(one: SegmentKey, other: SegmentKey): SegmentKey {
  return {
    method: coversMethod(one.method, other.method) ? other.method : one.method,
    segments: one.segments.map((segment, at) => segment ?? other.segments[at]),
  };
}

/** Returns an operation that the key matches. */
function operationOf({ method, segments }: SegmentKey): string {
  return toText({ method: method === '*' ? 'GET' : method, segments }, []);
}

/** Writes a key as text. The names of its variables are taken from the same positions of `names`. */
function toText({ method, segments }: SegmentKey, names: readonly string[]): string {
  const path = segments.map((segment, at) => segment ?? names[at] ?? 'x').join('/');
  return method === undefined ? path : `${method} ${path}`;
}

function namesOf({ key, method }: RuledKey): readonly string[] {
  return key.slice(method === undefined ? 0 : method.length + 1).split('/');
}
