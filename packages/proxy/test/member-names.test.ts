import { describe, expect, test } from 'vitest';
import { foldName } from '../src/member-names.js';

describe('names that a reader without case takes for the same are one', () => {
  test.each([
    ['method', 'METHOD'],
    ['method', 'Method'],
    ['params', 'param\u017f'],
    ['taskId', 'tas\u212aid'],
    ['stra\u00dfe', 'STRA\u1e9eE'],
    ['\u03c3', '\u03c2'],
    ['\u0345', '\u03b9'],
    ['id', '\u0130D'],
    ['id', '\u0131D'],
  ])('%s and %s [T137, T20]', (one, other) => {
    expect(foldName(other)).toBe(foldName(one));
  });

  test.each([
    ['id', 'ids'],
    ['id', 'i_d'],
    ['folder', 'f\u043elder'],
    ['a', '\u00e4'],
  ])('%s and %s are two', (one, other) => {
    expect(foldName(other)).not.toBe(foldName(one));
  });

  /** `iu` compares by simple case folding (ECMA-262 s22.2.2.7.3), as Go's `bytes.EqualFold` does. */
  test('every pair of characters that Unicode folds to one [T137]', () => {
    const cased: string[] = [];
    for (let code = 1; code <= 0x10ffff; code++) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const character = String.fromCodePoint(code);
      if (/\p{Changes_When_Casemapped}|\p{Changes_When_Casefolded}/u.test(character)) {
        cased.push(character);
      }
    }
    const all = cased.join('');
    let pairs = 0;
    for (const character of cased) {
      for (const [alike] of all.matchAll(new RegExp(character, 'giu'))) {
        if (alike === character) continue;
        pairs++;
        expect(foldName(alike), `${character} ${alike}`).toBe(foldName(character));
      }
    }
    expect(pairs).toBeGreaterThan(2_700);
  });
});
