/**
 * The results, as lines of text.
 *
 * @module
 */
import { alignColumns } from './align-columns.js';
import type { Difference, Tally } from './compare.js';

export interface Row {
  readonly sdk: string;
  readonly revision: string;
  readonly place: string;
  readonly tally: Tally;
  /** Requests that the gate let in; absent if there is none. */
  readonly admitted?: number;
  readonly differences?: readonly Difference[];
}

const HEAD = ['SDK', 'wire', 'where', 'required', 'others', 'passed', 'failed', 'warned', 'other'];

export function table(rows: readonly Row[]): readonly string[] {
  const cells = rows.map(({ sdk, revision, place, tally, admitted, differences }) => {
    const { SUCCESS, FAILURE, WARNING, SKIPPED, INFO } = tally.checks;
    return [
      ...[sdk, revision, place, tally.required.join('/'), tally.others.join('/')],
      ...[SUCCESS, FAILURE, WARNING, SKIPPED + INFO].map(String),
      ...[admitted === undefined ? '-' : String(admitted)],
      differences === undefined ? '-' : String(differences.length),
    ];
  });
  return alignColumns([[...HEAD, 'admitted', 'differ'], ...cells]);
}

export function describeDifferences({ sdk, revision, place, differences = [] }: Row): string[] {
  return differences.flatMap(({ scenario, check, bare, guarded }) => [
    `${sdk} ${revision} ${place}: ${scenario}, ${check}`,
    `    bare     ${bare}`,
    `    guarded  ${guarded}`,
  ]);
}
