/**
 * Escapes names, such as a tool's, so that no character is hidden.
 *
 * @module
 */

/**
 * Characters that are invisible or change how others are shown: controls, line ends, marks of direction,
 * zero-width, unassigned and private characters, and unusual spaces (CVE-2021-42574); the backslash, which
 * begins the escapes; spaces at the ends, and every space before another one.
 */
const UNSEEN = /^ | $| (?= )|(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\\]/gu;

/** Escapes a text for a terminal or a log: a right-to-left override becomes `\u{202e}`. */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, escape);
}

/** Escapes a text for a table in Markdown: as code, unless it cannot be markup. */
export function visibleInMarkdown(text: string): string {
  if (/^[a-z0-9]+(?:,? [a-z0-9]+)*$/i.test(text)) return text;
  // Code has no markup, links or mentions. A backtick would end the code, and a bar the cell.
  return `\`${visible(text).replaceAll(/[`|]/g, escape)}\``;
}

/** Returns JSON in which invisible characters are escaped, so that people read what parsers read. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll(/(?![ \n\\])[\p{C}\p{Z}\p{DI}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

function escape(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
