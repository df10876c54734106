/**
 * Compares the results of two runs of the suite, check by check.
 *
 * @module
 */
import type { Check, Findings } from './suite.js';

export interface Difference {
  readonly scenario: string;
  readonly check: string;
  readonly bare: string;
  readonly guarded: string;
}

export function compare(bare: Findings, guarded: Findings): readonly Difference[] {
  const differences: Difference[] = [];
  for (const scenario of new Set([...bare.scenarios.keys(), ...guarded.scenarios.keys()])) {
    const before = verdicts(bare.scenarios.get(scenario));
    const after = verdicts(guarded.scenarios.get(scenario));
    for (const check of new Set([...before.keys(), ...after.keys()])) {
      const was = before.get(check) ?? 'absent';
      const is = after.get(check) ?? 'absent';
      if (was !== is) differences.push({ scenario, check, bare: was, guarded: is });
    }
  }
  return differences;
}

/** By id; ids recur, so each is numbered. */
function verdicts(checks: readonly Check[] = []): ReadonlyMap<string, string> {
  const seen = new Map<string, number>();
  return new Map(
    checks.map(({ id, name, status, errorMessage }) => {
      const nth = (seen.get(id) ?? 0) + 1;
      seen.set(id, nth);
      const verdict = errorMessage === undefined ? status : `${status} ${errorMessage}`;
      return [nth === 1 ? id : `${id} (${nth})`, `${name}: ${verdict}`];
    }),
  );
}

export interface Tally {
  /** Scenarios of which no check failed or warned, and all. */
  readonly required: readonly [passed: number, all: number];
  readonly others: readonly [passed: number, all: number];
  readonly checks: Readonly<Record<Check['status'], number>>;
}

export function tally({ scenarios, notRequired }: Findings): Tally {
  const required: [number, number] = [0, 0];
  const others: [number, number] = [0, 0];
  const checks = { SUCCESS: 0, FAILURE: 0, WARNING: 0, SKIPPED: 0, INFO: 0 };
  for (const [scenario, found] of scenarios) {
    for (const { status } of found) checks[status] += 1;
    const counts = notRequired.has(scenario) ? others : required;
    counts[1] += 1;
    if (found.every(({ status }) => status !== 'FAILURE' && status !== 'WARNING')) counts[0] += 1;
  }
  return { required, others, checks };
}
