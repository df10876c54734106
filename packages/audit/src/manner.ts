/**
 * How maps and their differences are written: as Markdown, or as plain text.
 *
 * @module
 */
import { visible, visibleInMarkdown } from './visible.js';

export interface Manner {
  /** Writes what may come from elsewhere. */
  readonly quote: (text: string) => string;
  readonly item: (text: string) => string;
  /** Cells are quoted already. */
  readonly table: (head: readonly string[], rows: readonly (readonly string[])[]) => string;
}

const MARKDOWN: Manner = {
  quote: visibleInMarkdown,
  item: (text) => `- ${text}`,
  table: (head, rows) =>
    [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n'),
};

const TEXT: Manner = {
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

/** @throws {@link TypeError} for a format that there is none of */
export function mannerOf(format: 'markdown' | 'text'): Manner {
  switch (format) {
    case 'markdown':
      return MARKDOWN;
    case 'text':
      return TEXT;
    default:
      throw new TypeError(`format: ${JSON.stringify(format satisfies never)} is unknown`);
  }
}

/** In characters, not in units of UTF-16. */
function lengthOf(text = ''): number {
  return Array.from(text).length;
}
