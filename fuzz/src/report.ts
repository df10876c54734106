/**
 * The report that is printed at the end.
 *
 * @module
 */
import type { Finding, Tally } from './fuzzer.js';
import type { GroupedFinding, Report } from './worker.js';

const COLUMNS = ['requests', 'ran', 'refused', 'findings'] as const;

export function formatTable(reports: readonly Report[]): string {
  const rows = new Map<string, Tally>();
  for (const [name, tally] of reports.flatMap(({ tallies }) => tallies)) {
    const known = rows.get(name);
    rows.set(name, known === undefined ? tally : sum(known, tally));
  }
  const total = [...rows.values()].reduce(sum, { requests: 0, ran: 0, refused: 0, findings: 0 });
  const width = Math.max(...[...rows.keys()].map(({ length }) => length), 5);
  const line = (name: string, cells: readonly (string | number)[]): string =>
    [name.padEnd(width), ...cells.map((cell) => String(cell).padStart(9))].join(' ');
  return [
    line('shape', COLUMNS),
    ...[...rows].map(([name, tally]) =>
      line(
        name,
        COLUMNS.map((column) => tally[column]),
      ),
    ),
    line(
      'all',
      COLUMNS.map((column) => total[column]),
    ),
  ].join('\n');
}

function sum(a: Tally, b: Tally): Tally {
  return {
    requests: a.requests + b.requests,
    ran: a.ran + b.ran,
    refused: a.refused + b.refused,
    findings: a.findings + b.findings,
  };
}

/** Each kind once, with the line that sends it again. */
export function formatFindings(reports: readonly Report[]): string {
  const kinds = new Map<string, GroupedFinding>();
  for (const finding of reports.flatMap(({ findings }) => findings)) {
    const { shapes = [] } = kinds.get(finding.kind) ?? {};
    const all = new Set([...shapes, ...finding.shapes]);
    kinds.set(finding.kind, { ...(kinds.get(finding.kind) ?? finding), shapes: [...all] });
  }
  return [...kinds.values()].map((finding) => formatFinding(finding)).join('\n\n');
}

export function formatFinding(finding: Finding & Partial<GroupedFinding>): string {
  const { kind, details, case: one, shapes = [one.shape] } = finding;
  // A quote would end the shell's string, so it is escaped as JSON.
  const replay = JSON.stringify(one).replaceAll("'", '\\u0027');
  return [
    `FOUND  ${kind}`,
    `  where   ${shapes.slice(0, 4).join('; ')}${shapes.length > 4 ? `; ${shapes.length - 4} more` : ''}`,
    `  what    ${JSON.stringify(details)}`,
    `  again   npm run fuzz -- --replay '${replay}'`,
  ].join('\n');
}
