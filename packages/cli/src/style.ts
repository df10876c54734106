/**
 * Colours and tables. A colour is never the only sign of something.
 *
 * @module
 */
import Table from 'cli-table3';
import pc from 'picocolors';

export interface Style {
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly good: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

export function createStyle(hasColor: boolean): Style {
  const { red, yellow, green, dim, bold } = pc.createColors(hasColor);
  return { bad: red, warn: yellow, good: green, dim, bold };
}

/** Width of a table in characters if the output is no terminal. */
const DEFAULT_COLUMNS = 120;
const MIN_COLUMNS = 60;

/**
 * Returns a table as wide as the terminal, but not narrower than 60 columns. Long cells are wrapped.
 *
 * @param shares - the part of the width that each column gets
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  {
    columns = DEFAULT_COLUMNS,
    shares,
  }: { columns?: number | undefined; shares: readonly number[] },
): string {
  const width = Math.max(columns, MIN_COLUMNS) - head.length - 1;
  const sum = shares.reduce((total, share) => total + share, 0);
  const made = new Table({
    head: [...head],
    colWidths: shares.map((share) => Math.floor((width * share) / sum)),
    wordWrap: true,
    wrapOnWordBoundary: false,
    style: { head: [], border: [] },
  });
  made.push(...rows.map((row) => [...row]));
  return `${made.toString()}\n`;
}
