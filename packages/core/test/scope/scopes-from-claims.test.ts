import { describe, expect, test } from 'vitest';
import { scopesFromClaims } from '../../src/index.js';
import { vectors } from '../http/vectors.js';

describe('scopes from claims vectors', () => {
  test.each(vectors('scopes-from-claims'))(
    '$name [SC-8, T03, T09, T12]',
    ({ input, claims, expected }) => {
      const options = claims === undefined ? undefined : { claims };
      expect(scopesFromClaims(input, options)).toEqual(expected);
    },
  );
});

describe('scopesFromClaims', () => {
  test.each([
    ['a symbol', Symbol('a')],
    ['a function', (): string => 'a'],
    ['a String object', Object('a') as unknown],
    ['a set', new Set(['a'])],
    ['an array-like', { 0: 'a', length: 1 }],
    ['a bigint', 1n],
    ['NaN', Number.NaN],
  ])('%s grants nothing [T03]', (_, scope) => {
    expect(scopesFromClaims({ scope, scp: 'a' })).toEqual([]);
  });

  test('an undefined claim is an absent one: JSON has none', () => {
    expect(scopesFromClaims({ scope: undefined, scp: 'a' })).toEqual(['a']);
  });

  test('an inherited claim is none [T09]', () => {
    expect(scopesFromClaims(Object.create({ scope: 'admin' }) as Record<string, unknown>)).toEqual(
      [],
    );
  });

  test('the result is a new list every time', () => {
    const scope = ['a'];
    const first = scopesFromClaims({ scope });
    first.push('admin');
    expect(scopesFromClaims({ scope })).toEqual(['a']);
    expect(scope).toEqual(['a']);
  });
});
