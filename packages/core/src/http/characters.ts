/**
 * Character classes of RFC 9110 s5.6 and s11.2, RFC 6750 s2.1 and s3: one table, so that every
 * scanner reads a character's classes with one look.
 *
 * @module
 */

export const HTAB = 0x09;
export const SP = 0x20;
export const DQUOTE = 0x22;
export const COMMA = 0x2c;
export const EQUALS = 0x3d;
export const BACKSLASH = 0x5c;

/** `tchar`, RFC 9110 s5.6.2. */
export const TOKEN = 1;
/** The characters of `token68` and of `b64token` before their trailing `=`, RFC 9110 s11.2. */
export const TOKEN68 = 2;
/** `%x21 / %x23-5B / %x5D-7E`: a character of a scope token, RFC 6749 s3.3. */
export const SCOPE = 4;
/** `%x20-21 / %x23-5B / %x5D-7E`: `error` and `error_description`, RFC 6750 s3. */
export const DESCRIPTION = 8;
/** `%x20-7E`: what can be written inside a quoted-string without obs-text. */
export const PRINTABLE = 16;
/** `A` to `Z`. */
export const UPPER = 32;

const classes = /* @__PURE__ */ buildClasses();

/** The classes of a UTF-16 code unit as a bit set; 0 for what is outside ASCII, and for the text's end. */
export function classOf(code: number): number {
  return classes[code] ?? 0;
}

/** Whether every code unit of `text` is of the class; true for the empty text. */
export function consistsOf(text: string, characterClass: number): boolean {
  return skip(text, 0, characterClass) === text.length;
}

/** The first index at or after `index` whose character is not of the class. */
export function skip(text: string, index: number, characterClass: number): number {
  const { length } = text;
  let i = index;
  while (i < length && (classOf(text.charCodeAt(i)) & characterClass) !== 0) i++;
  return i;
}

/** The first index at or after `index` that is no space or tab (OWS and BWS, RFC 9110 s5.6.3). */
export function skipWhitespace(text: string, index: number): number {
  let i = index;
  while (i < text.length && isWhitespace(text.charCodeAt(i))) i++;
  return i;
}

function isWhitespace(code: number): boolean {
  return code === SP || code === HTAB;
}

/** Where the white space at the end begins; linear, unlike a pattern anchored at the end. */
export function trimmedEnd(text: string, start: number): number {
  let end = text.length;
  while (end > start && isWhitespace(text.charCodeAt(end - 1))) end--;
  return end;
}

/** The text without spaces and tabs at its ends. */
export function trimWhitespace(text: string): string {
  const start = skipWhitespace(text, 0);
  return text.slice(start, trimmedEnd(text, start));
}

function buildClasses(): Uint8Array {
  const table = new Uint8Array(128);
  const mark = (from: number, to: number, bits: number): void => {
    for (let code = from; code <= to; code++) table[code] = (table[code] as number) | bits;
  };
  mark(0x20, 0x7e, PRINTABLE);
  mark(0x20, 0x21, DESCRIPTION);
  mark(0x23, 0x5b, DESCRIPTION | SCOPE);
  mark(0x5d, 0x7e, DESCRIPTION | SCOPE);
  mark(0x21, 0x21, SCOPE);
  const alphanumeric = TOKEN | TOKEN68;
  mark(0x30, 0x39, alphanumeric);
  mark(0x41, 0x5a, alphanumeric | UPPER);
  mark(0x61, 0x7a, alphanumeric);
  for (const c of "!#$%&'*+-.^_`|~") mark(c.charCodeAt(0), c.charCodeAt(0), TOKEN);
  for (const c of '-._~+/') mark(c.charCodeAt(0), c.charCodeAt(0), TOKEN68);
  return table;
}
