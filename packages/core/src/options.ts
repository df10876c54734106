/**
 * Checks of what an application configured: a `TypeError` whose message begins with the option's path.
 *
 * @module
 */

/**
 * Refuses an option.
 *
 * @throws {@link TypeError} unless it holds
 */
export function expect(holds: boolean, path: string, message: string): asserts holds {
  if (!holds) throw new TypeError(`${path}: ${message}`);
}

/** What an option must be; `true` for one that is checked where it is used. */
export type Kind = 'function' | 'boolean' | 'string' | 'object' | 'list' | 'positive number' | true;

/**
 * Checks the names of options, and the kinds of those that are given. Names are own members: an
 * inherited one is no option.
 *
 * @param prefix - of the paths in messages: `cors.`
 * @throws {@link TypeError} for an unknown name, or a value of another kind
 */
export function checkOptions(
  options: object,
  kinds: Readonly<Record<string, Kind>>,
  prefix: string,
): void {
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    const path = prefix + name;
    expect(Object.hasOwn(kinds, name), path, 'unknown option');
    const kind = kinds[name] as Kind;
    if (value !== undefined && kind !== true) checkKind(value, path, kind);
  }
}

/** @throws {@link TypeError} unless the value is of that kind */
export function checkKind(value: unknown, path: string, kind: Exclude<Kind, true>): void {
  const article = kind === 'object' ? 'an' : 'a';
  expect(isOf(kind, value), path, `expected ${article} ${kind}`);
}

function isOf(kind: Exclude<Kind, true>, value: unknown): boolean {
  switch (kind) {
    case 'positive number':
      return Number.isFinite(value) && (value as number) > 0;
    case 'list':
      return Array.isArray(value);
    default:
      return typeof value === kind && value !== null;
  }
}

/** The spelling on the wire: `resourceMetadata` is `resource_metadata`. */
export function wireName(option: string): string {
  return option.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
