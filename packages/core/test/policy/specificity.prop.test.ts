/** Of several keys that fit, the most specific wins: held against sets of operations, without a look-up. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { httpPolicy } from '../../src/index.js';
import { SegmentRules, compileRule, refuseOverlappingTexts } from '../../src/policy/index.js';

interface Key {
  readonly method: string;
  /** `*` is a variable. */
  readonly path: readonly string[];
  readonly rule: string;
}

/** With one method and one literal that no key names: what only `*` and variables match. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT'];
const LITERALS = ['a', 'b', 'other'];
const PATHS = [1, 2, 3].flatMap((length) => pathsOf(length));
const OPERATIONS = METHODS.flatMap((method) => PATHS.map((path) => ({ method, path })));

function pathsOf(length: number): string[][] {
  if (length === 0) return [[]];
  return pathsOf(length - 1).flatMap((word) => LITERALS.map((literal) => [...word, literal]));
}

/** The operations that a key matches, one by one, as bits. */
function matched({ method, path }: Pick<Key, 'method' | 'path'>): bigint {
  const id = `${method} ${path.join('/')}`;
  const before = known.get(id);
  if (before !== undefined) return before;
  let bits = 0n;
  for (const [index, one] of OPERATIONS.entries()) {
    const fits =
      (method === '*' || one.method === method || (method === 'GET' && one.method === 'HEAD')) &&
      one.path.length === path.length &&
      path.every((segment, at) => segment === '*' || segment === one.path[at]);
    if (fits) bits |= 1n << BigInt(index);
  }
  known.set(id, bits);
  return bits;
}
const known = new Map<string, bigint>();

const isPart = (one: bigint, other: bigint): boolean => (one & ~other) === 0n;

/** Whether two keys of these leave open which rule some operation has. */
function isOpen(keys: readonly Key[]): boolean {
  const sets = keys.map(matched);
  return sets.some((one, i) =>
    sets.some((other, j) => {
      if (i >= j) return false;
      if (one === other) return true;
      const both = one & other;
      if (both === 0n || both === one || both === other) return false;
      return keys[i]?.rule !== keys[j]?.rule && !sets.includes(both);
    }),
  );
}

/** For each operation the rule of the most specific keys that match it; all of them have it. */
function rulesOf(keys: readonly Key[]): readonly (string | undefined)[] {
  const sets = keys.map(matched);
  return OPERATIONS.map((_, index) => {
    const bit = 1n << BigInt(index);
    const rules = keys.flatMap(({ rule }, at) => {
      const set = sets[at] as bigint;
      const isMost = !sets.some((one) => one & bit && one !== set && isPart(one, set));
      return set & bit && isMost ? [rule] : [];
    });
    if (new Set(rules).size > 1) throw new Error(`two rules: ${JSON.stringify(keys)}`);
    return rules[0];
  });
}

const anyKey: fc.Arbitrary<Key> = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST', '*'),
  path: fc.array(fc.constantFrom('a', 'b', '*', '*'), { minLength: 1, maxLength: 3 }),
  rule: fc.constantFrom('r0', 'r1', 'r2'),
});

const textOf = (path: readonly string[], name: string): string =>
  path.map((segment, at) => (segment === '*' ? `{${name}${at}}` : segment)).join('/');
const keyOf = ({ method, path }: Key, index: number): string =>
  `${method} /${textOf(path, `v${index}_`)}`;

const policyOf = (keys: readonly Key[]) =>
  httpPolicy(
    keys.map(({ method, path, rule }, index) => ({
      ...{ method, rule },
      path: `/${textOf(path, `v${index}_`)}`,
    })),
  );

function ruleFor(policy: ReturnType<typeof policyOf>, method: string, url: string) {
  const operation = policy.match({ method, url, headers: new Headers() }, undefined);
  if (operation.kind === 'fault') throw new Error('httpPolicy has no faults');
  const { rule } = operation.rule;
  return typeof rule === 'string' ? rule : undefined;
}

const REFUSAL =
  /^httpPolicy\['(.+?)'\]: it and '(.+?)' both match (\S+) (\S+), and neither .+ for '(\S+) \/(.+)'$/;

/** The error names two of the keys, an operation that both match, and the key for what both match. */
function readRefusal(error: unknown, keys: readonly Key[]): Omit<Key, 'rule'> {
  expect(error).toBeInstanceOf(TypeError);
  const [, one = '', other = '', method = '', path = '', ...added] =
    REFUSAL.exec((error as TypeError).message) ?? [];
  const named = keys.filter((key, index) => [one, other].includes(keyOf(key, index)));
  expect(named).toHaveLength(2);
  const operation = { method, path: path.slice(1).split('/') };
  const [first = 0n, second = 0n] = named.map(matched);
  // Where both have a variable the operation has a word of its own.
  const words = operation.path.map((word) => (LITERALS.includes(word) ? word : 'other'));
  const index = OPERATIONS.findIndex(
    (all) => all.method === method && all.path.join() === words.join(),
  );
  expect(first & second & (1n << BigInt(index))).not.toBe(0n);
  const [addMethod = '', addPath = ''] = added;
  return {
    method: addMethod,
    path: addPath.split('/').map((segment) => (segment.startsWith('{') ? '*' : segment)),
  };
}

function orders<T>(list: readonly T[]): readonly T[][] {
  if (list.length <= 1) return [[...list]];
  return list.flatMap((one, at) => orders(list.toSpliced(at, 1)).map((others) => [one, ...others]));
}

test('a thousand sets of routes, in any order: one answer, that of the most specific key [T136]', () => {
  let refused = 0;
  let held = 0;
  fc.assert(
    fc.property(fc.uniqueArray(anyKey, { minLength: 2, maxLength: 4 }), fc.nat(), (given, seed) => {
      let keys: readonly Key[] = given.filter(
        (one, at) => !given.some((other, i) => i < at && matched(one) === matched(other)),
      );
      // What is refused is mended as the error says, until nothing is left open.
      while (isOpen(keys)) {
        refused++;
        let error: unknown;
        for (const order of [keys, keys.toReversed()]) {
          try {
            policyOf(order);
            expect.unreachable('an operation has two rules');
          } catch (thrown) {
            error = thrown;
            readRefusal(thrown, order);
          }
        }
        const added = { ...readRefusal(error, keys.toReversed()), rule: `new${keys.length}` };
        expect(keys.map(matched)).not.toContain(matched(added));
        keys = [...keys, added];
      }
      held++;
      const all = keys.length <= 4 ? orders(keys) : [keys, keys.toReversed(), rotate(keys, seed)];
      const expected = rulesOf(keys);
      for (const order of all) {
        const policy = policyOf(order);
        const answers = OPERATIONS.map(({ method, path }) =>
          ruleFor(policy, method, `/${path.join('/')}`),
        );
        expect(answers.join()).toBe(expected.join());
      }
    }),
    { numRuns: 1000 },
  );
  expect(held).toBeGreaterThanOrEqual(1000);
  expect(refused).toBeGreaterThan(100);
}, 30_000);

function rotate<T>(list: readonly T[], by: number): readonly T[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

/** What a router that decodes, folds case, or cuts at `;` takes for the same segment. */
const SPELLINGS: readonly ((word: string) => string)[] = [
  (word) => word,
  (word) => word.toUpperCase(),
  (word) => `%${word.charCodeAt(0).toString(16)}${word.slice(1)}`,
  (word) => `${word};x=1`,
  (word) => `${word}%3Bx`,
];

test('another spelling of a path has the rule of the path, or none [T32, T136]', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(anyKey, { minLength: 2, maxLength: 5 }),
      fc.constantFrom(...OPERATIONS),
      fc.array(fc.constantFrom(...SPELLINGS), { minLength: 3, maxLength: 3 }),
      fc.constantFrom('', '/'),
      (keys, { method, path }, spellings, end) => {
        let policy: ReturnType<typeof policyOf>;
        try {
          policy = policyOf(keys);
        } catch {
          return;
        }
        const spelt = path.map((word, at) => spellings[at]?.(word)).join('/');
        const index = OPERATIONS.findIndex((one) => one.method === method && one.path === path);
        expect([undefined, rulesOf(keys)[index]]).toContain(
          ruleFor(policy, method, `/${spelt}${end}`),
        );
      },
    ),
    { numRuns: 1000 },
  );
}, 30_000);

test('resources alike [T136]', () => {
  let held = 0;
  fc.assert(
    fc.property(
      fc.uniqueArray(
        anyKey.map((key) => ({ ...key, method: '*' })),
        { minLength: 2, maxLength: 4, selector: ({ path }) => path.join('/') },
      ),
      (keys) => {
        const entries = keys.map(
          ({ path, rule }) =>
            [`db://${textOf(path, 'v')}`, compileRule(rule, undefined, 'rule')] as const,
        );
        const check = (): void => refuseOverlappingTexts(entries, 'resources');
        if (isOpen(keys)) {
          expect(check).toThrow(/^resources\['db:.+add a rule for 'db:/);
          return;
        }
        check();
        held++;
        // The operations of the first method are the paths.
        const expected = rulesOf(keys).slice(0, PATHS.length);
        for (const order of orders(entries)) {
          const rules = new SegmentRules(order, 'resources');
          const answers = PATHS.map((path) => {
            const uri = `db://${path.join('/')}`;
            return (rules.exact(uri) ?? rules.template(uri)?.value)?.rule;
          });
          expect(answers).toEqual(expected);
        }
      },
    ),
    { numRuns: 1000 },
  );
  expect(held).toBeGreaterThan(300);
}, 30_000);
