import { describe, expect, test } from 'vitest';
import { allOf, anyOf, defineScopes, evaluate } from '../../src/index.js';
import type { Rule, ScopeCatalogue } from '../../src/index.js';

/** Not in the order of the alphabet, which must not matter. */
const SCOPES = ['s', 'c', 'z', 'a'] as const;
type Alternative = readonly string[];
/** Who implies whom: `graph[i]` are the indexes that scope `i` implies. */
type Graph = readonly (readonly number[])[];

/** What is granted, with all that it implies. */
function closureOf(granted: readonly string[], graph: Graph): ReadonlySet<string> {
  const held = new Set(granted);
  for (let round = 0; round < SCOPES.length; round++) {
    for (const scope of [...held]) {
      const implied = graph[SCOPES.indexOf(scope as 's')] ?? [];
      for (const index of implied) held.add(SCOPES[index] as string);
    }
  }
  return held;
}

/** What `evaluate` must say, by the words of the documentation and as plainly as can be. */
function reference(alternatives: readonly Alternative[], held: ReadonlySet<string>): string {
  const missing = (one: Alternative): Alternative => one.filter((scope) => !held.has(scope));
  if (alternatives.some((one) => missing(one).length === 0)) return 'true  ';
  const ranked = alternatives.toSorted(
    (a, b) =>
      missing(a).length - missing(b).length ||
      Number(b.some((scope) => held.has(scope))) - Number(a.some((scope) => held.has(scope))) ||
      a.length - b.length,
  );
  const best = ranked[0] as Alternative;
  return `false ${best.join('+')} ${missing(best).join('+')}`;
}

const SUBSETS: readonly Alternative[] = Array.from({ length: 16 }, (_, bits) =>
  SCOPES.filter((__, index) => (bits & (1 << index)) !== 0),
);
const ALTERNATIVES = SUBSETS.slice(1);

/** Every list of 1 to `most` different alternatives, in every order. */
function lists(most: number): (readonly Alternative[])[] {
  const all: (readonly Alternative[])[] = [];
  let longest: (readonly Alternative[])[] = [[]];
  for (let length = 1; length <= most; length++) {
    longest = longest.flatMap((list) =>
      ALTERNATIVES.filter((one) => !list.includes(one)).map((one) => [...list, one]),
    );
    all.push(...longest);
  }
  return all;
}

/** Every acyclic graph on four nodes: 543. */
function graphs(): Graph[] {
  const arrows = [0, 1, 2, 3].flatMap((from) =>
    [0, 1, 2, 3].filter((to) => to !== from).map((to) => [from, to] as const),
  );
  return Array.from({ length: 2 ** arrows.length }, (_, bits) => {
    const drawn = arrows.filter((__, index) => (bits & (1 << index)) !== 0);
    return [0, 1, 2, 3].map((node) => drawn.flatMap(([from, to]) => (from === node ? [to] : [])));
  }).filter(isAcyclic);
}

/** Nodes that imply nothing but what is gone can go; an acyclic graph goes altogether. */
function isAcyclic(graph: Graph): boolean {
  let left = [0, 1, 2, 3];
  for (let round = 0; round < 4; round++) {
    const before = left;
    left = before.filter((node) => (graph[node] ?? []).some((to) => before.includes(to)));
  }
  return left.length === 0;
}

/** One graph of each shape: the rules run through all names, so the names in it do not matter. */
function shapes(all: readonly Graph[]): Graph[] {
  const orders = permutations([0, 1, 2, 3]);
  const seen = new Map<string, Graph>();
  for (const graph of all) {
    const spellings = orders.map((order) =>
      order
        .map((node) =>
          (graph[node] ?? [])
            .map((to) => order.indexOf(to))
            .toSorted((a, b) => a - b)
            .join(''),
        )
        .join('|'),
    );
    const key = spellings.toSorted()[0] as string;
    if (!seen.has(key)) seen.set(key, graph);
  }
  return [...seen.values()];
}

function permutations(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  );
}

function toRule(alternatives: readonly Alternative[]): Rule<string> {
  const parts = alternatives.map((one) =>
    one.length === 1 ? (one[0] as string) : allOf(...(one as [string, ...string[]])),
  );
  return parts.length === 1 ? (parts[0] as Rule<string>) : anyOf(...(parts as [Rule<string>]));
}

function toCatalogue(graph: Graph): ScopeCatalogue {
  const entries = SCOPES.map((name, index) => {
    const implies = (graph[index] ?? []).map((to) => SCOPES[to] as string);
    return [name, { implies }] as const;
  });
  return defineScopes<string>(Object.fromEntries(entries));
}

/** How many cases were compared; throws at the first difference. */
function compare(rules: readonly (readonly Alternative[])[], all: readonly Graph[]): number {
  let compared = 0;
  const made = rules.map((alternatives) => ({ alternatives, rule: toRule(alternatives) }));
  for (const graph of all) {
    const catalogue = toCatalogue(graph);
    const cases = SUBSETS.map((granted) => ({ granted, held: closureOf(granted, graph) }));
    for (const { alternatives, rule } of made) {
      for (const { granted, held } of cases) {
        const { satisfied, challenge, missing } = evaluate(rule, granted, catalogue);
        const found = `${satisfied} ${challenge.join('+')} ${missing.join('+')}`;
        const expected = reference(alternatives, held);
        if (found !== expected) {
          throw new Error(JSON.stringify({ alternatives, graph, granted, found, expected }));
        }
        compared++;
      }
    }
  }
  return compared;
}

describe('evaluate is the reference, over 4 scopes', () => {
  const all = graphs();

  test('there are 543 acyclic implication graphs, of 31 shapes [T10]', () => {
    expect(all).toHaveLength(543);
    expect(shapes(all)).toHaveLength(31);
  });

  test('every rule of up to 3 alternatives, every shape, everything held [SC-2, SC-3, SC-5, SC-6, T10, T13]', () => {
    const rules = lists(3);
    expect(rules).toHaveLength(15 + 15 * 14 + 15 * 14 * 13);
    expect(compare(rules, shapes(all))).toBe(2955 * 31 * 16);
  }, 60_000);

  test('every rule of up to 2 alternatives, every graph under its own names [SC-2, T10]', () => {
    expect(compare(lists(2), all)).toBe(225 * 543 * 16);
  }, 60_000);
});
