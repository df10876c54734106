/**
 * Character classes of RFC 9110 s5.6 and s11.2, RFC 6749 s3.3, RFC 6750 s2.1 and s3, and functions that scan
 * text by them.
 *
 * @module
 */

/** A table with a 1 for the code of each character of the class. No class has characters outside ASCII. */
export type CharacterClass = Uint8Array;

export const HTAB = 0x09;
export const SP = 0x20;
export const DQUOTE = 0x22;
export const COMMA = 0x2c;
export const EQUALS = 0x3d;
export const BACKSLASH = 0x5c;

/** The characters of a token: `tchar`, RFC 9110 s5.6.2. */
export const TOKEN: CharacterClass = /* @__PURE__ */ classOf(/[\w!#$%&'*+.^`|~-]/);
/** The characters of `token68` (RFC 9110 s11.2) and of `b64token` (RFC 6750 s2.1) before the `=` at their end. */
export const TOKEN68: CharacterClass = /* @__PURE__ */ classOf(/[\w+./~-]/);
/** The characters of a scope token: `%x21 / %x23-5B / %x5D-7E`, RFC 6749 s3.3. */
export const SCOPE: CharacterClass = /* @__PURE__ */ classOf(/[!#-[\]-~]/);
/** The characters of `error` and `error_description`: `%x20-21 / %x23-5B / %x5D-7E`, RFC 6750 s3. */
export const DESCRIPTION: CharacterClass = /* @__PURE__ */ classOf(/[ !#-[\]-~]/);
/** The characters that are written in a quoted-string, escaped or not: `%x20-7E`, so no tab and no obs-text. */
export const PRINTABLE: CharacterClass = /* @__PURE__ */ classOf(/[ -~]/);

function classOf(pattern: RegExp): CharacterClass {
  return Uint8Array.from({ length: 128 }, (_, code) =>
    Number(pattern.test(String.fromCharCode(code))),
  );
}

/** Whether every code unit of `text` is of the class; `true` for the empty text. */
export function consistsOf(text: string, characterClass: CharacterClass): boolean {
  return skip(text, 0, characterClass) === text.length;
}

/** Returns the first index at or after `index` whose character is not of the class. */
export function skip(text: string, index: number, characterClass: CharacterClass): number {
  const { length } = text;
  let i = index;
  while (i < length && characterClass[text.charCodeAt(i)] === 1) i++;
  return i;
}

/** Returns the first index at or after `index` that is no space or tab (OWS and BWS, RFC 9110 s5.6.3). */
export function skipWhitespace(text: string, index: number): number {
  let i = index;
  while (i < text.length && isWhitespace(text.charCodeAt(i))) i++;
  return i;
}

function isWhitespace(code: number): boolean {
  return code === SP || code === HTAB;
}

/**
 * Returns the index at which the white space at the end begins, at least `start`. It takes linear time, unlike
 * a pattern with `$`.
 */
export function trimmedEnd(text: string, start: number): number {
  let end = text.length;
  while (end > start && isWhitespace(text.charCodeAt(end - 1))) end--;
  return end;
}

/** Returns the text without spaces and tabs at its ends. */
export function trimWhitespace(text: string): string {
  const start = skipWhitespace(text, 0);
  return text.slice(start, trimmedEnd(text, start));
}

/**
 * Returns the index of the quote that closes the quoted-string at `start` (RFC 9110 s5.6.4), which is the
 * next quote with an even number of backslashes before it. If there is none, returns the length of the text.
 * It takes linear time, since no backslash is counted twice.
 */
export function closingQuote(text: string, start: number): number {
  for (let end = start; ;) {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
    let from = end;
    while (text.charCodeAt(from - 1) === BACKSLASH) from--;
    if ((end - from) % 2 === 0) return end;
  }
}
