import { describe, expect, test } from 'vitest';
import { BYTES, DELTA_SECONDS, MILLISECONDS, readOptions } from '../src/options.js';

/** What arrives where a number was meant: from the environment, from arithmetic, from a misread unit. */
const NO_NUMBERS = [
  '5',
  '0',
  '',
  NaN,
  Infinity,
  -Infinity,
  -1,
  [5],
  { valueOf: () => 5 },
  true,
  null,
  5n,
];

describe('a number option', () => {
  test.each(NO_NUMBERS.map((value) => [value]))(
    '%s is refused by name and bounds [T187]',
    (value) => {
      const options = { timeout: value as number };
      expect(() => readOptions(options, { timeout: [MILLISECONDS, 1] }, 'gate')).toThrow(
        'gate.timeout: expected a number of milliseconds from 1 to 2147483647',
      );
    },
  );

  test.each([
    [MILLISECONDS, 0, false],
    [MILLISECONDS, 1, true],
    [MILLISECONDS, 2.5, true],
    [MILLISECONDS, 2 ** 31 - 1, true],
    [MILLISECONDS, 2 ** 31, false],
    [BYTES, 0, false],
    [BYTES, 2 ** 29, true],
    [BYTES, 2 ** 29 + 1, false],
    [DELTA_SECONDS, 0, true],
    [DELTA_SECONDS, 1.5, false],
    [DELTA_SECONDS, 2 ** 31, false],
  ])('bounds are inclusive: %o takes %d: %s [T187]', (kind, value, taken) => {
    const read = (): unknown => readOptions({ value }, { value: [kind] }, '');
    if (taken) expect(read()).toEqual({ value });
    else expect(read).toThrow(TypeError);
  });
});
