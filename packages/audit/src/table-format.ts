/**
 * Tables in Markdown and in plain text.
 *
 * @module
 */
import { visible, visibleInMarkdown } from './visible.js';

export interface TableFormat {
  /** Escapes a name, which clients or other servers may have chosen. */
  readonly quote: (text: string) => string;
  readonly item: (text: string) => string;
  /** Writes a table of cells that are quoted already. */
  readonly table: (head: readonly string[], rows: readonly (readonly string[])[]) => string;
}

const MARKDOWN: TableFormat = {
  quote: visibleInMarkdown,
  item: (text) => `- ${text}`,
  table: (head, rows) =>
    [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n'),
};

const TEXT: TableFormat = {
  quote: visible,
  item: (text) => `  ${text}`,
  table(head, rows) {
    const lines = [head, ...rows];
    const widths = head.map((_, column) =>
      Math.max(...lines.map((cells) => lengthOf(cells[column]))),
    );
    return lines
      .map((cells) =>
        cells
          .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - lengthOf(cell)))
          .join('  ')
          .trimEnd(),
      )
      .join('\n');
  },
};

/** @throws {@link TypeError} for an unknown format */
export function tableFormatOf(format: 'markdown' | 'text'): TableFormat {
  switch (format) {
    case 'markdown':
      return MARKDOWN;
    case 'text':
      return TEXT;
    default:
      throw new TypeError(`format: ${JSON.stringify(format satisfies never)} is unknown`);
  }
}

/** The length in characters, not in units of UTF-16. */
function lengthOf(text = ''): number {
  return Array.from(text).length;
}
