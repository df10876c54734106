import { describe, expect, test } from 'vitest';
import { rewriteStrings } from '../../src/binding/rewrite-strings.js';

const NAMES = new Set(['taskId', 'taskIds']);

function rewritten(text: string): string {
  return rewriteStrings(text, NAMES, (path, value) => `${path.join('/')}=${value}`);
}

describe('strings in a JSON text', () => {
  test.each([
    ['{"taskId":"a"}', '{"taskId":"taskId=a"}'],
    [
      '{ "taskId" : "a" , "n": 12345678901234567890.10 }',
      '{ "taskId" : "taskId=a" , "n": 12345678901234567890.10 }',
    ],
    ['{"taskIds":["a","b",[ "c" ]]}', '{"taskIds":["taskIds/[]=a","taskIds/[]=b",[ "c" ]]}'],
    ['{"a":{"taskId":"x"},"b":"taskId"}', '{"a":{"taskId":"a/taskId=x"},"b":"taskId"}'],
    ['{"\\u0074askId":"a\\"b"}', '{"\\u0074askId":"taskId=a\\"b"}'],
    ['[{"taskId":"a"}]', '[{"taskId":"[]/taskId=a"}]'],
    ['{"taskId":{"taskId":[],"x":"y"},"taskId":1}', '{"taskId":{"taskId":[],"x":"y"},"taskId":1}'],
    ['"taskId"', '"taskId"'],
    ['{}', '{}'],
    ['{"a":"}","taskId":"{[,\\\\"}', '{"a":"}","taskId":"taskId={[,\\\\"}'],
  ])('%s', (text, expected) => {
    expect(rewritten(text)).toBe(expected);
  });

  test('are found in any document, and the rest keeps its bytes', () => {
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
    for (const seed of seeds) {
      let state = seed * 7919;
      const next = (bound: number): number => {
        state = (state * 48_271) % 2_147_483_647;
        return state % bound;
      };
      const value = (depth: number): unknown => {
        switch (depth > 5 ? next(3) : next(5)) {
          case 0:
            return ['"', '\\', '{', 'taskId', '\u2028', ':', ','][next(7)];
          case 1:
            return next(100);
          case 2:
            return null;
          case 3:
            return Array.from({ length: next(4) }, () => value(depth + 1));
          default:
            return Object.fromEntries(
              Array.from({ length: next(5) }, () => [
                ['taskId', 'taskIds', 'a', '"', 'b\\'][next(5)],
                value(depth + 1),
              ]),
            );
        }
      };
      for (let i = 0; i < 500; i++) {
        const document = value(0);
        const text = JSON.stringify(document, null, next(3));
        expect(rewriteStrings(text, NAMES, () => undefined)).toBe(text);
        expect(JSON.parse(rewriteStrings(text, NAMES, () => 'X'))).toEqual(replaced(document));
      }
    }
  });
});

function replaced(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return NAMES.has(name) ? 'X' : value;
  if (Array.isArray(value)) {
    return value.map((element) =>
      typeof element === 'string' ? replaced(element, name) : replaced(element),
    );
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, replaced(member, key)]),
  );
}
