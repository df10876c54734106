/**
 * The report of a check as a table.
 *
 * @module
 */
import type { ResourceReport } from '@scopegate/testing';
import type { Context } from '../context.js';
import { table } from '../style.js';

export function formatReport(
  { findings, passed, skipped }: ResourceReport,
  { style, terminal }: Context,
): string {
  const severity = { must: style.bad('MUST'), should: style.warn('SHOULD') };
  const rows = findings.map((found) => [
    severity[found.severity],
    found.check,
    found.seen,
    `${found.expected} ${style.dim(`[${found.ids.join(', ')}]`)}`,
    found.howToMend,
  ]);
  const head = ['', 'check', 'seen', 'expected', 'how to mend'];
  const shown =
    rows.length === 0
      ? ''
      : table(head, rows, { columns: terminal.columns, shares: [3, 6, 9, 10, 10] });
  const left = skipped.map(({ check, why }) => style.dim(`skipped  ${check}: ${why}\n`));
  const sum = `${findings.length} found, ${passed.length} passed, ${skipped.length} skipped`;
  const verdict = findings.length === 0 ? style.good('ok') : style.bad('found');
  return `${shown}${left.join('')}${verdict}  ${sum}\n`;
}
