import { describe, expect, test } from 'vitest';
import { compare, tally } from '../src/compare.js';
import type { Check, Findings } from '../src/suite.js';

function findings(scenarios: Readonly<Record<string, readonly Check[]>>): Findings {
  return { scenarios: new Map(Object.entries(scenarios)), notRequired: new Set(['extra']) };
}

function check(id: string, status: Check['status'] = 'SUCCESS', errorMessage?: string): Check {
  return { id, name: id, status, ...(errorMessage !== undefined && { errorMessage }) };
}

describe('two runs', () => {
  const bare = findings({ ping: [check('a'), check('a'), check('b', 'FAILURE', 'got 404')] });

  test('agree with themselves, whatever passed', () => {
    expect(compare(bare, bare)).toEqual([]);
  });

  test.each<readonly [what: string, guarded: Findings, differs: string]>([
    [
      'another verdict',
      findings({ ping: [check('a'), check('a', 'WARNING'), check('b', 'FAILURE', 'got 404')] }),
      'a (2)',
    ],
    [
      'another reason to fail',
      findings({ ping: [check('a'), check('a'), check('b', 'FAILURE', 'got 401')] }),
      'b',
    ],
    ['a check less', findings({ ping: [check('a'), check('b', 'FAILURE', 'got 404')] }), 'a (2)'],
    [
      'a check more',
      findings({
        ping: [check('a'), check('a'), check('b', 'FAILURE', 'got 404'), check('c')],
      }),
      'c',
    ],
  ])('differ by %s', (_what, guarded, differs) => {
    expect(compare(bare, guarded).map((difference) => difference.check)).toEqual([differs]);
  });

  test('differ by a scenario that did not run', () => {
    expect(compare(bare, findings({}))).toHaveLength(3);
    expect(compare(findings({}), bare)).toHaveLength(3);
  });
});

test('a scenario with a warning did not pass, and one that is not required counts apart', () => {
  const { required, others, checks } = tally(
    findings({
      ping: [check('a'), check('note', 'INFO')],
      tools: [check('b', 'WARNING')],
      extra: [check('c', 'FAILURE')],
    }),
  );
  expect(required).toEqual([1, 2]);
  expect(others).toEqual([0, 1]);
  expect(checks).toEqual({ SUCCESS: 1, FAILURE: 1, WARNING: 1, SKIPPED: 0, INFO: 1 });
});
