/**
 * Recognizes objects in JSON data, and folds names of members for a comparison without case.
 *
 * @module
 */

/** Whether the value is an object or an array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/**
 * Returns one spelling for all names that a reader which ignores case may read as the same name. It folds as
 * Unicode does (the Kelvin sign U+212A is `k`, `ſ` is `s`, `ß` is `ss`), and also folds `ı` and `İ` to `i`, as
 * readers with a Turkish locale may do.
 */
export function foldName(name: string): string {
  // Lower case first, because U+1E9E reaches its upper case only through its lower case.
  return isAscii(name)
    ? name.toLowerCase()
    : name.toLowerCase().toUpperCase().toLowerCase().replaceAll('\u0307', '');
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return false;
  return true;
}
