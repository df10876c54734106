/**
 * Names of JSON members as a reader sees them that matches without case.
 *
 * @module
 */

/**
 * One spelling for all that such a reader takes for one name. It folds as Unicode does (`K` of U+212A
 * is `k`, `ſ` is `s`) and somewhat more: `ß` is `ss`, and `i` with or without dots is one letter,
 * as Turkish locales have it.
 */
export function foldName(name: string): string {
  // Lower case first: U+1E9E has an upper case only by way of its lower one.
  return isAscii(name)
    ? name.toLowerCase()
    : name.toLowerCase().toUpperCase().toLowerCase().replaceAll('\u0307', '');
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return false;
  return true;
}
