import { describe, expect, test } from 'vitest';
import { defineScopes, evaluate } from '../../src/index.js';
import type { ScopeCatalogue, ScopeEntry } from '../../src/index.js';
import { isScopeCatalogue } from '../../src/scope/index.js';

const define = defineScopes as (input: unknown) => ScopeCatalogue;

describe('a catalogue is refused, with the entry named', () => {
  const cases: readonly [why: string, input: unknown, message: string][] = [
    ['an empty list', [], 'scopes: expected at least one scope'],
    ['an empty record', {}, 'scopes: expected at least one scope'],
    ['null', null, 'scopes: expected a list of names or a record of entries'],
    ['a string', 'read', 'scopes: expected a list of names or a record of entries'],
    ['a name twice', ['a', 'b', 'a'], "scopes: 'a' is listed twice"],
    ['a number for a name', [7], 'scopes[7]: 7 is not a scope token'],
    ['an empty name', [''], `scopes['']: "" is not a scope token`],
    ['a name with a space', ['a b'], `scopes['a b']: "a b" is not a scope token`],
    ['a name with a quote', { 'a"': {} }, String.raw`scopes['a"']: "a\"" is not a scope token`],
    ['a name past ASCII [T07]', ['ﬁles'], `scopes['ﬁles']: "ﬁles" is not a scope token`],
    [
      'offline_access [C401-3]',
      ['offline_access'],
      "scopes['offline_access']: offline_access is not a scope of a resource",
    ],
    [
      'offline_access as the requested form [C401-3]',
      { a: { requestAs: 'offline_access' } },
      "scopes['a'].requestAs: offline_access is not a scope of a resource",
    ],
    ['a name like a parameter', ['x:Scope=y'], `scopes['x:Scope=y']: "x:Scope=y" reads like a`],
    ['another such name', ['resource_metadata=x'], 'reads like a challenge parameter'],
    ['a third such name', ['error_description=x'], 'reads like a challenge parameter'],
    ['an entry that is no object', { a: 'Read' }, "scopes['a']: expected an object"],
    ['an entry that is null', { a: null }, "scopes['a']: expected an object"],
    ['an unknown member', { a: { imply: ['a'] } }, "scopes['a'].imply: unknown option"],
    [
      'a description of another type',
      { a: { description: 7 } },
      "scopes['a'].description: expected",
    ],
    ['implies of another type', { a: { implies: 'a' } }, "scopes['a'].implies: expected a list"],
    ['match of another type', { a: { match: /a/ } }, "scopes['a'].match: expected a function"],
    [
      'an illegal requested form',
      { a: { requestAs: 'x y' } },
      `scopes['a'].requestAs: "x y" is not`,
    ],
    [
      'an unknown implied scope [T10]',
      { a: { implies: ['b'] } },
      "scopes['a'].implies: unknown scope 'b'",
    ],
    [
      'an implied scope that is no string',
      { a: { implies: [7] } },
      "scopes['a'].implies: unknown scope 7",
    ],
    [
      'a prototype member as an implied scope [T09]',
      { a: { implies: ['constructor'] } },
      "scopes['a'].implies: unknown scope 'constructor'",
    ],
    [
      'a scope that implies itself [SC-4, T10]',
      { a: { implies: ['a'] } },
      "scopes['a'].implies: circular implication 'a' -> 'a'",
    ],
    [
      'a cycle [SC-4, T10]',
      {
        z: { implies: ['a'] },
        a: { implies: ['b'] },
        b: { implies: ['c'] },
        c: { implies: ['a'] },
      },
      "scopes['a'].implies: circular implication 'a' -> 'b' -> 'c' -> 'a'",
    ],
    [
      'a cycle that can be walked in two ways, by the first [SC-4, T10]',
      {
        a: { implies: ['b', 'c'] },
        b: { implies: ['d'] },
        c: { implies: ['d'] },
        d: { implies: ['a'] },
      },
      "scopes['a'].implies: circular implication 'a' -> 'b' -> 'd' -> 'a'",
    ],
  ];
  test.each(cases)('%s', (_, input, message) => {
    expect(() => define(input)).toThrow(TypeError);
    expect(() => define(input)).toThrow(message);
  });
});

describe('a catalogue', () => {
  // Made anew for each test, so that the mutation run sees what the construction does.
  const make = () =>
    defineScopes({
      'notes:read': { description: 'Read notes', requestAs: 'api://x/notes.read' },
      'notes:write': { implies: ['notes:read'] },
      'notes:admin': { implies: ['notes:write'] },
      'files:read': { match: (granted) => granted.startsWith('files:read:') },
      'files:all': { implies: ['files:read'], match: (granted) => granted === 'root' },
    });

  test('keeps the order of definition, and says what it knows', () => {
    const scopes = make();
    expect(scopes.names).toEqual([
      'notes:read',
      'notes:write',
      'notes:admin',
      'files:read',
      'files:all',
    ]);
    expect(scopes.has('notes:read')).toBe(true);
    expect(scopes.has('notes')).toBe(false);
    expect(scopes.has('constructor')).toBe(false);
    expect(scopes.get('notes:read')?.description).toBe('Read notes');
    expect(scopes.get('toString')).toBeUndefined();
    expect(Object.keys(scopes.get('notes:read') ?? {})).toEqual(['description', 'requestAs']);
    expect(Object.keys(scopes.get('notes:write') ?? {})).toEqual(['implies']);
    expect(Object.keys(scopes.get('files:read') ?? {})).toEqual(['match']);
    expect(scopes.requestName('notes:read')).toBe('api://x/notes.read');
    expect(scopes.requestName('notes:write')).toBe('notes:write');
    expect(scopes.requestName('unknown')).toBe('unknown');
    expect(defineScopes(['b', 'a']).names).toEqual(['b', 'a']);
  });

  test.each([
    ['itself', 'notes:read', 'notes:read', true],
    ['a broader scope', 'notes:write', 'notes:read', true],
    ['a broader scope at two removes', 'notes:admin', 'notes:read', true],
    ['a narrower scope', 'notes:read', 'notes:write', false],
    ['another branch', 'notes:admin', 'files:read', false],
    ['a prefix', 'notes', 'notes:read', false],
    ['a wildcard', 'notes:*', 'notes:read', false],
    ['a star', '*', 'notes:read', false],
    ['another case', 'Notes:read', 'notes:read', false],
    ['the requested form', 'api://x/notes.read', 'notes:read', false],
    ['what a match function accepts', 'files:read:7', 'files:read', true],
    ['what a broader match function accepts', 'root', 'files:read', true],
    ['what a match function refuses', 'files:readx', 'files:read', false],
    ['an unknown required scope', 'unknown', 'unknown', false],
    ['a prototype member', 'constructor', 'constructor', false],
  ])('%s grants: %s for %s is %j [SC-2, SC-4, T08, T09, T10]', (_, held, needed, expected) => {
    expect(make().grants(new Set([held]), needed)).toBe(expected);
  });

  test('a match function grants by true alone, and by no throw [T14]', () => {
    const catalogue = define({
      truthy: { match: () => 1 },
      promise: { match: () => Promise.resolve(true) },
      throws: {
        match: () => {
          throw new Error('no');
        },
      },
    });
    for (const name of catalogue.names) {
      expect(catalogue.grants(new Set(['other']), name)).toBe(false);
      expect(catalogue.grants(new Set(['other', name]), name)).toBe(true);
    }
  });

  test('does not change when its input does, and cannot be changed [T11]', () => {
    const implies = ['b'];
    const entry: { implies: string[]; description: string } = { implies, description: 'A' };
    const input: Record<string, ScopeEntry> = { a: entry, b: {}, c: {} };
    const catalogue = define(input);
    implies.push('c');
    entry.description = 'changed';
    input['d'] = {};
    expect(catalogue.grants(new Set(['a']), 'c')).toBe(false);
    expect(catalogue.get('a')?.description).toBe('A');
    expect(catalogue.has('d')).toBe(false);
    for (const part of [
      catalogue,
      catalogue.names,
      catalogue.get('a'),
      catalogue.get('a')?.implies,
    ]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  test('a diamond of implications is no cycle [SC-4, T10]', () => {
    const catalogue = defineScopes({
      top: { implies: ['left', 'right'] },
      left: { implies: ['bottom'] },
      right: { implies: ['bottom'] },
      bottom: {},
    });
    expect(catalogue.grants(new Set(['top']), 'bottom')).toBe(true);
    expect(catalogue.grants(new Set(['bottom']), 'top')).toBe(false);
  });

  test('40 diamonds in a row are no more work than their corners [T10]', () => {
    const entries = Array.from({ length: 40 }, (_, level) => {
      const implies = level === 39 ? [] : [`a${level + 1}`, `b${level + 1}`];
      return [[`a${level}`, { implies }] as const, [`b${level}`, { implies }] as const];
    });
    const catalogue = define(Object.fromEntries(entries.flat()));
    expect(catalogue.grants(new Set(['a0']), 'b39')).toBe(true);
    expect(catalogue.grants(new Set(['a39', 'b38']), 'a38')).toBe(false);
  });

  test('is not confused with look-alikes', () => {
    const scopes = make();
    expect(isScopeCatalogue(scopes)).toBe(true);
    expect(isScopeCatalogue({ ...scopes })).toBe(false);
    expect(isScopeCatalogue(null)).toBe(false);
  });

  test('ten thousand scopes, each implying the next twenty, are defined and keep apart [T10]', () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `s${index}`);
    const entries = names.map((name, index) => [
      name,
      index % 20 === 0 ? { implies: names.slice(index + 1, index + 20) } : {},
    ]);
    const catalogue = define(Object.fromEntries(entries));
    expect(catalogue.grants(new Set(['s9980']), 's9999')).toBe(true);
    expect(catalogue.grants(new Set(['s9980']), 's9979')).toBe(false);
  });

  test('a misspelt scope does not compile, here or in a rule', () => {
    // @ts-expect-error -- 'b' is not in the catalogue
    expect(() => defineScopes({ a: { implies: ['b'] } })).toThrow(TypeError);
    // @ts-expect-error -- 'notes:raed' is not in the catalogue
    expect(() => evaluate('notes:raed', [], make())).toThrow(TypeError);
  });
});
