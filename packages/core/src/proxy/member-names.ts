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
  if (isLowerCase(name)) return name;
  // Lower case first: U+1E9E has an upper case only by way of its lower one.
  return name.toLowerCase().toUpperCase().toLowerCase().replaceAll('\u0307', '');
}

/** Most names are, and need no copy. */
function isLowerCase(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (code >= 0x80 || (code >= 0x41 && code <= 0x5a)) return false;
  }
  return true;
}
