import { describe, expect, test } from 'vitest';
import { SegmentRules, compileRule, refuseOverlappingTexts } from '../../src/policy/index.js';

describe('rules by segments', () => {
  const make = () =>
    new SegmentRules(
      [
        ['{any}/b', 'first'],
        ['a/b', 'literal'],
        ['a/{id}', 'template'],
      ],
      'rules',
    );

  test.each([
    ['a/b', 'literal', 'template'],
    ['a/c', undefined, 'template'],
    ['x/b', undefined, 'first'],
    ['a/{id}', 'template', 'template'],
    ['a/', undefined, undefined],
    ['/b', undefined, undefined],
    ['a', undefined, undefined],
    ['a/c/d', undefined, undefined],
    ['x/c', undefined, undefined],
  ])('%s is %s by itself, and fits the template of %s [T136]', (text, exact, template) => {
    expect(make().exact(text)).toBe(exact);
    expect(make().template(text)?.value).toBe(template);
  });

  test.each(['{}', 'a/{}', 'a{b}', '{a}{b}', 'a/{b', 'a/b}', '{a-b}'])(
    'a key %s is refused: no rule may wait for a text that never comes',
    (key) => {
      const message = `rules['${key}']: a template variable must be a whole segment`;
      expect(() => new SegmentRules([[key, 1]], 'rules')).toThrow(TypeError);
      expect(() => new SegmentRules([[key, 1]], 'rules')).toThrow(message);
    },
  );
});

describe('keys that leave a rule open', () => {
  const check = (...keys: readonly string[]) => {
    const compile = (rule: string) => compileRule(rule, undefined, 'rule');
    return () =>
      refuseOverlappingTexts(
        keys.map((key) => [key, compile(key)]),
        'rules',
      );
  };

  test('a variable says the same as another one, and not what an empty segment says [T136]', () => {
    expect(check('a/{x}', 'a/', 'a/b', 'a/{x}/c', 'ab')).not.toThrow();
    expect(check('a/{x}', 'b', 'a/{y}')).toThrow("rules['a/{y}']: there is a rule for 'a/{x}'");
  });

  test.each([
    [['db://{table}/{id}', 'db://secrets/{id}', 'db://secrets/1'], undefined],
    [['db://{table}/', 'db://secrets/{id}'], undefined],
    [['db://{table}/1', 'db://secrets/{id}'], 'db://secrets/1'],
    [['db://secrets/{id}', 'db://{table}/1'], 'db://secrets/1'],
    [['db://{table}/1', 'db://secrets/1', 'db://secrets/{id}'], undefined],
    [['a/{x}/{y}/c', 'a/b/{n}/{z}'], 'a/b/{n}/c'],
    [['a/{x}/c', '{y}/b/c', '{z}/{x}/c', '{y}/{b}/{c}'], 'a/b/c'],
  ])('%j: the key to add is %s [T136]', (keys, missing) => {
    if (missing === undefined) expect(check(...keys)).not.toThrow();
    else {
      expect(check(...keys)).toThrow(`neither is a part of the other: add a rule for '${missing}'`);
      expect(check(...keys, missing)).not.toThrow();
    }
  });
});
