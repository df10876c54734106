/**
 * Writes a summary of decisions.
 *
 * @module
 */
import type { ClientDecisions, DecisionSummary } from './summary.js';
import { tableFormatOf } from './table-format.js';
import { visibleJson } from './visible.js';

/** How a summary is written. */
export type SummaryFormat = 'text' | 'markdown' | 'json';

/**
 * Writes a summary: tables as plain text or Markdown, or all of it as JSON. In the tables, texts that
 * clients sent are made safe: controls are replaced and Markdown is escaped. In JSON, invisible characters are
 * escaped.
 *
 * @example
 * ```ts
 * console.log(formatDecisionSummary(summarizeDecisions(events, gate.scopes), 'text'));
 * ```
 * @throws {@link TypeError} for an unknown format
 * @group Audit
 */
export function formatDecisionSummary(summary: DecisionSummary, format: SummaryFormat): string {
  switch (format) {
    case 'json':
      return `${visibleJson(summary)}\n`;
    case 'text':
      return write(summary, (title) => [title], textTable);
    case 'markdown':
      return write(summary, (title) => [`## ${title}`, ''], markdownTable);
    default:
      throw new TypeError(`format: expected 'text', 'markdown' or 'json'`);
  }
}

type Row = readonly string[];

function write(
  summary: DecisionSummary,
  heading: (title: string) => readonly string[],
  table: (head: Row, rows: readonly Row[]) => readonly string[],
): string {
  const section = (title: string, head: Row, rows: readonly Row[]): readonly string[] =>
    rows.length === 0 ? [] : [...heading(title), ...table(head, rows), ''];
  const { counts, requests, losses, operations, scopes } = summary;
  const { allowed, refused, reported, withdrawn } = counts;
  const lines = [
    ...heading(`${requests} ${requests === 1 ? 'request' : 'requests'}${period(summary)}`),
    `${allowed} allowed, ${refused} refused, ${reported} reported, ${withdrawn} withdrawn by handlers`,
    '',
    ...section(
      'Who lacks scopes',
      ['operation', 'client', 'users', 'reported', 'refused', 'allowed', 'missing'],
      losses.map(toLoss),
    ),
    ...section(
      'Why not',
      ['reason', 'requests'],
      summary.reasons.map(({ reason, count }) => [reason, String(count)]),
    ),
    ...section(
      'Refused tokens',
      ['check', 'expected', 'found', 'requests'],
      summary.details.map(({ detail, expected = [], found = [], count }) => [
        ...[detail, expected.join(' '), found.join(' ')],
        String(count),
      ]),
    ),
    ...section(
      'Operations, and what all their callers hold',
      ['operation', 'requests', 'needs', 'held by all'],
      operations.map((one) => [
        one.operation,
        String(one.requests),
        one.required.join(' | '),
        one.heldByAll.join(' '),
      ]),
    ),
    ...section(
      'Scopes',
      ['scope', 'needed by', 'held by clients'],
      scopes.map((one) => [
        one.scope,
        one.operations.join(', ') || 'nothing seen',
        one.clients.map((id) => id || '(no id)').join(', ') || 'nobody seen',
      ]),
    ),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function toLoss({ operation, clientId, counts, subjects, missing }: ClientDecisions): Row {
  const { reported, refused, withdrawn, allowed } = counts;
  return [
    ...[operation, clientId ?? '(no id)', String(subjects)],
    ...[reported, refused + withdrawn, allowed].map(String),
    missing.map(({ scope, count }) => `${scope} (${count})`).join(', '),
  ];
}

function period({ from, to }: DecisionSummary): string {
  if (from === undefined || to === undefined) return '';
  return `, ${timeOf(from)} to ${timeOf(to)}`;
}

/** Writes a time that no date can hold, which may come from a log, as a number (ECMA-262 s21.4.1.1). */
function timeOf(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString();
}

function textTable(head: Row, rows: readonly Row[]): readonly string[] {
  const { table, item } = tableFormatOf('text');
  const cells = rows.map((row) => row.map(visible));
  return table(head, cells).split('\n').map(item);
}

function markdownTable(head: Row, rows: readonly Row[]): readonly string[] {
  const cells = rows.map((row) => row.map((cell) => literal(visible(cell))));
  return [tableFormatOf('markdown').table(head, cells)];
}

/** Longer cells are cut, so that one row does not fill the page. */
const MAX_CELL = 120;

/** Shows controls, line ends and marks of direction as `?`. */
function visible(text: string): string {
  const shown = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '?');
  return shown.length > MAX_CELL ? `${shown.slice(0, MAX_CELL - 3)}...` : shown;
}

/** Escapes what Markdown would read as markup, formulas, links (GFM s6.9 links a bare `www.`) or HTML. */
function literal(text: string): string {
  return text
    .replaceAll(/[\\`*_[\]|~#&!@$]/g, String.raw`\$&`)
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/www\./gi, (start) => start.replace('.', String.raw`\.`))
    .replaceAll('://', String.raw`:\//`);
}
