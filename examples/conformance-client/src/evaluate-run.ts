/**
 * The results that are expected of the suite, and whether a run has them.
 *
 * @module
 */
import { alignColumns } from '@scopegate/example-conformance-server';
import type { Result, Run } from '@scopegate/example-conformance-server';

export interface Target {
  readonly suite: string;
  readonly revision: string;
  /** How many of its scenarios are about authorization: with fewer, a run proves less. */
  readonly scenarios: number;
}

export const TARGETS: readonly Target[] = [
  { suite: 'auth', revision: '2025-11-25', scenarios: 14 },
  { suite: 'auth', revision: '2026-07-28', scenarios: 14 },
  { suite: 'draft', revision: '2026-07-28', scenarios: 11 },
  { suite: 'backcompat', revision: '2025-03-26', scenarios: 2 },
];

/**
 * How the client must end if it has to refuse a server; else it completes. The suite only
 * looks for requests that must not be sent, so a client that crashed would pass, too.
 */
const REFUSALS: Readonly<Record<string, RegExp>> = {
  'auth/scope-retry-limit': /mcp:admin: nothing_new$/,
  'auth/resource-mismatch': /resource_mismatch: expected resource /,
  'auth/iss-supported-missing': /"iss" \(issuer\) missing$/,
  'auth/iss-wrong-issuer': /^unexpected "iss"/,
  'auth/iss-unexpected': /^unexpected "iss"/,
  'auth/iss-normalized': /^unexpected "iss"/,
  'auth/metadata-issuer-mismatch': /"issuer" property does not match/,
};

/** One scenario at one revision. */
export interface Verdict {
  readonly scenario: string;
  readonly revision: string;
  /** Checks that passed. */
  readonly passed: number;
  /** What the client said at its end. */
  readonly ending: string;
  /** Everything that is wrong; empty if the scenario passed. */
  readonly faults: readonly string[];
}

/** Evaluates a run: scenarios of other areas, which the draft suite also has, are left out. */
export function evaluateRun({ suite, revision, scenarios }: Target, run: Run): readonly Verdict[] {
  const verdicts = [...run.results]
    .filter(([scenario]) => scenario.startsWith('auth/'))
    .map(([scenario, result]) => evaluateScenario(scenario, revision, result));
  if (verdicts.length === scenarios) return verdicts;
  const faults = [`${verdicts.length} scenarios of ${scenarios}`];
  return [...verdicts, { scenario: `suite ${suite}`, revision, passed: 0, ending: '', faults }];
}

function evaluateScenario(scenario: string, revision: string, { checks, stdout }: Result): Verdict {
  const ending = stdout.trimEnd().split('\n').at(-1) ?? '';
  const faults = checks
    .filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
    .map(({ id, status, errorMessage }) => `${status} ${id} ${errorMessage ?? ''}`.trimEnd());
  const passed = checks.filter(({ status }) => status === 'SUCCESS').length;
  if (passed === 0) faults.push('no check passed');
  const expected = Object.hasOwn(REFUSALS, scenario) ? REFUSALS[scenario] : undefined;
  if (!(expected ?? /^completed$/).test(ending)) faults.push(`the client ended: ${ending}`);
  return { scenario, revision, passed, ending, faults };
}

/** A line for each scenario, a column for each revision. */
export function table(verdicts: readonly Verdict[]): readonly string[] {
  const revisions = [...new Set(verdicts.map(({ revision }) => revision))].toSorted();
  const scenarios = [...new Set(verdicts.map(({ scenario }) => scenario))];
  const rows = scenarios.map((scenario) => {
    const ofScenario = verdicts.filter((one) => one.scenario === scenario);
    const cells = revisions.map((revision) =>
      cell(ofScenario.find((one) => one.revision === revision)),
    );
    return [scenario, ...cells, ofScenario[0]?.ending ?? ''];
  });
  return alignColumns([['scenario', ...revisions, 'the client'], ...rows]);
}

function cell(verdict: Verdict | undefined): string {
  if (verdict === undefined) return '-';
  return verdict.faults.length === 0 ? `${verdict.passed} passed` : 'FAILED';
}
