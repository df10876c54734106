/** Runs that the evaluation must not let pass. */
import type { Check, Run } from '@scopegate/example-conformance-server';
import { describe, expect, test } from 'vitest';
import { evaluateRun, table } from '../src/evaluate-run.js';

const TARGET = { suite: 'auth', revision: '2026-07-28', scenarios: 1 };

function run(statuses: readonly Check['status'][], stdout = 'completed\n', name = 'auth/x'): Run {
  const checks = statuses.map((status) => ({ id: 'check', name: 'Check', status }));
  return { output: '', results: new Map([[name, { checks, stdout }]]) };
}

const faultsOf = (found: Run) => evaluateRun(TARGET, found).flatMap(({ faults }) => faults);

describe('a scenario passes', () => {
  test('with checks that pass and tell', () => {
    expect(faultsOf(run(['SUCCESS', 'INFO', 'SKIPPED']))).toEqual([]);
  });

  test.each<[string, Run]>([
    ['a failure', run(['SUCCESS', 'FAILURE'])],
    ['a warning', run(['SUCCESS', 'WARNING'])],
    ['no check that passed', run(['INFO'])],
    ['a client that broke down', run(['SUCCESS'], 'fetch failed\n')],
    ['a client that said nothing', run(['SUCCESS'], '')],
    ['a client that believed a wrong issuer', run(['SUCCESS'], 'completed', 'auth/iss-unexpected')],
    ['a client that failed elsewhere', run(['SUCCESS'], 'fetch failed', 'auth/iss-unexpected')],
    ['another scenario only', run(['SUCCESS'], 'completed', 'tools_call')],
  ])('not with %s', (_what, found) => {
    expect(faultsOf(found)).toHaveLength(1);
  });

  test('with the refusal that it asks for', () => {
    const refusal = 'tools/list needs mcp:admin: nothing_new';
    expect(faultsOf(run(['SUCCESS'], refusal, 'auth/scope-retry-limit'))).toEqual([]);
  });
});

test('the table has a line for each scenario and a column for each revision', () => {
  const old = { ...TARGET, revision: '2025-11-25' };
  const verdicts = [
    ...evaluateRun(TARGET, run(['SUCCESS'])),
    ...evaluateRun(old, run(['FAILURE'])),
  ];
  expect(table(verdicts)).toEqual([
    'scenario  2025-11-25  2026-07-28  the client',
    'auth/x    FAILED      1 passed    completed',
  ]);
});
