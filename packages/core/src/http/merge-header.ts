/**
 * Merges header values when several parties write one answer.
 *
 * @module
 */

/**
 * Returns the new value of a header that may be set already. In a list header (`Vary`), the elements of `value`
 * that are missing are added; any other header gets `value` instead.
 */
export function mergeHeader(
  name: string,
  existing: number | string | readonly string[] | null | undefined,
  value: string,
): string {
  const before = String(existing ?? '');
  if (before === '' || before === value || !isListHeader(name)) return value;
  const present = new Set(before.split(',').map((part) => part.trim().toLowerCase()));
  const added = value.split(', ').filter((part) => !present.has(part.toLowerCase()));
  return present.has('*') || added.length === 0 ? before : `${before}, ${added.join(', ')}`;
}

/** Headers that describe the content of an answer. A refusal that replaces the answer removes them. */
export const CONTENT_HEADERS: ReadonlySet<string> = new Set([
  ...['content-type', 'content-length', 'content-encoding', 'content-language', 'content-range'],
  ...['content-disposition', 'content-location', 'transfer-encoding', 'trailer'],
  ...['accept-ranges', 'etag', 'last-modified', 'content-digest', 'repr-digest'],
]);

/** Headers whose value is a list to which several parties may add. */
const LISTS = new Set(['vary', 'access-control-expose-headers']);

/** Whether several parties add to the header, so that a new value must not replace an old one. */
export function isListHeader(name: string): boolean {
  return LISTS.has(name.toLowerCase());
}
