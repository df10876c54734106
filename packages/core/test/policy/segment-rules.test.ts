import { describe, expect, test } from 'vitest';
import { SegmentRules, refuseRepeated } from '../../src/policy/index.js';

describe('rules by segments', () => {
  const make = () =>
    new SegmentRules(
      [
        ['a/b', 'literal'],
        ['a/{id}', 'template'],
        ['{any}/b', 'later'],
      ],
      'rules',
    );

  test.each([
    ['a/b', 'literal', 'template'],
    ['a/c', undefined, 'template'],
    ['x/b', undefined, 'later'],
    ['a/{id}', 'template', 'template'],
    ['a/', undefined, undefined],
    ['a', undefined, undefined],
    ['a/c/d', undefined, undefined],
    ['x/c', undefined, undefined],
  ])('%s is %s by itself, and fits the template of %s', (text, exact, template) => {
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

test('a variable says the same as another one, and not what an empty segment says', () => {
  expect(() => refuseRepeated(['a/{x}', 'a/', 'a/b', 'a/{x}/c', 'ab'], 'rules')).not.toThrow();
  expect(() => refuseRepeated(['a/{x}', 'b', 'a/{y}'], 'rules')).toThrow(
    "rules['a/{y}']: there is a rule for 'a/{x}'",
  );
});
