import { expect, test } from 'vitest';
import { isPresent } from '../../src/token/index.js';

test.each<readonly [name: string, present: readonly unknown[], absent: readonly unknown[]]>([
  ['sub', ['x'], ['', 7, ['x'], null, undefined, {}]],
  ['sid', ['x'], ['', 7, ['x'], null]],
  ['iat', [0, 1.5], ['1', '', null, [1]]],
  ['amr', [['x']], ['x', [], ['x', 7], null]],
  ['scope', ['x', ['x', 'y']], ['', [], ['x', 7], 7, {}]],
  ['scp', ['x', ['x', 'y']], ['', [], ['x', 7], 7, {}]],
  ['tenant', ['x', 7, 0, false, ['x', 7], {}], ['', [], null, undefined]],
])('%s is present as %j, and not as %j [SB-7, T152]', (name, present, absent) => {
  for (const value of present)
    expect([value, isPresent({ [name]: value }, name)]).toEqual([value, true]);
  for (const value of absent)
    expect([value, isPresent({ [name]: value }, name)]).toEqual([value, false]);
  expect(isPresent(Object.create({ [name]: present[0] }) as Record<string, unknown>, name)).toBe(
    false,
  );
});
