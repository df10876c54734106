import { expect, test } from 'vitest';
import { scopesOfChallenge } from '../../src/challenge/index.js';

const refusal = 'Bearer error="insufficient_scope"';

test.each<readonly [what: string, value: string | null, scopes: readonly string[] | undefined]>([
  ['names its scopes', `${refusal}, scope="a b"`, ['a', 'b']],
  ['names them for a bound token', 'DPoP error="insufficient_scope", scope="a"', ['a']],
  ['names none', refusal, []],
  ['names an empty list', `${refusal}, scope=""`, []],
  ['has white space around them', `${refusal}, scope=" a  b "`, ['a', 'b']],
  ['has another error', 'Bearer error="invalid_token", scope="a"', undefined],
  ['has another scheme', 'Basic error="insufficient_scope", scope="a"', undefined],
  ['names them twice', `${refusal}, scope="a", scope="b"`, []],
  ['is absent', null, undefined],
])('a challenge that %s', (_what, value, scopes) => {
  expect(scopesOfChallenge(value)).toEqual(scopes);
});

test('the first usable challenge counts', () => {
  const lines = ['Basic realm="a"', `${refusal}, scope="a", ${refusal}, scope="b"`];
  expect(scopesOfChallenge(lines)).toEqual(['a']);
});

test('a hundred scopes are read, and one more is none', () => {
  const names = Array.from({ length: 101 }, (_, index) => `s${index}`);
  const read = (list: readonly string[]) =>
    scopesOfChallenge(`${refusal}, scope="${list.join(' ')}"`);
  expect(read(names.slice(1))).toEqual(names.slice(1));
  expect(read(names)).toEqual([]);
});

test('16 KiB are read, and one more character names none', () => {
  const start = `${refusal}, scope="`;
  const long = 'a'.repeat(16 * 1024 - start.length - 1);
  expect(scopesOfChallenge(`${start}${long}"`)).toEqual([long]);
  expect(scopesOfChallenge(`${start}${long}a"`)).toEqual([]);
});
