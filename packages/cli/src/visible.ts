/**
 * Makes texts of servers, modules and arguments safe to print.
 *
 * @module
 */

/** Controls, format characters and line separators: terminals act on them or hide them (CVE-2021-42574). */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Writes characters that a terminal would act on as `\u001b`, so that a server cannot change what is shown. */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
  });
}

/** Returns JSON in which characters that terminals act on or hide are escaped: parsers read the same values. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll(/(?![ \n])[\p{C}\p{Z}\p{DI}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}
