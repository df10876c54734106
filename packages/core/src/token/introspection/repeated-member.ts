/**
 * Finds what `JSON.parse` hides: a member that stands twice in the same object.
 *
 * @module
 */

/** Whether a JSON object repeats a member at its top level. The text must be valid JSON. */
export function hasRepeatedMember(json: string): boolean {
  const seen = new Set<string>();
  let depth = 0;
  for (const { 0: piece, index } of json.matchAll(PIECE)) {
    if (piece === '{' || piece === '[') depth++;
    else if (piece === '}' || piece === ']') depth--;
    else if (depth === 1 && isName(json, index + piece.length)) {
      // Two spellings of one name, `"a"` and `"\u0061"`, are one name.
      const name = JSON.parse(piece) as string;
      if (seen.has(name)) return true;
      seen.add(name);
    }
  }
  return false;
}

/** Brackets, and strings as a whole. Linear: one way to match, and none to fail behind a quote. */
const PIECE = /[[\]{}]|"[^"\\]*(?:\\.[^"\\]*)*"?/g;

function isName(json: string, end: number): boolean {
  let at = end;
  while (BLANK.has(json.charAt(at))) at++;
  return json.charAt(at) === ':';
}

const BLANK: ReadonlySet<string> = new Set([' ', '\t', '\n', '\r']);
