/**
 * Rules by a text of segments: exact, or by a template whose `{variable}` is one whole segment.
 *
 * @module
 */

interface Template<T> {
  readonly key: string;
  /** A text is literal, `undefined` a variable. */
  readonly segments: readonly (string | undefined)[];
  readonly value: T;
}

export class SegmentRules<T> {
  readonly #exact = new Map<string, T>();
  readonly #templates: Template<T>[] = [];

  /** @throws {@link TypeError} naming the key, for a template of another form */
  constructor(entries: Iterable<readonly [key: string, value: T]>, path: string) {
    for (const [key, value] of entries) {
      this.#exact.set(key, value);
      if (!/[{}]/.test(key)) continue;
      this.#templates.push({ key, segments: toSegments(key, `${path}['${key}']`), value });
    }
  }

  /** The rule whose key is the text itself, or `undefined`. */
  exact(text: string): T | undefined {
    return this.#exact.get(text);
  }

  /** The first template that fits. Nothing is folded or decoded: the text must be in normal form. */
  template(text: string): { readonly key: string; readonly value: T } | undefined {
    const segments = text.split('/');
    return this.#templates.find((candidate) => fits(candidate.segments, segments));
  }
}

/**
 * Of two rules for one thing one would never be asked.
 *
 * @throws {@link TypeError} naming the key that says the same as an earlier one
 */
export function refuseRepeated(keys: Iterable<string>, path: string): void {
  const shapes = new Map<string, string>();
  for (const key of keys) {
    const at = `${path}['${key}']`;
    const shape = toSegments(key, at)
      .map((literal) => literal ?? '{}')
      .join('/');
    const earlier = shapes.get(shape);
    if (earlier !== undefined) throw new TypeError(`${at}: there is a rule for '${earlier}'`);
    shapes.set(shape, key);
  }
}

function toSegments(key: string, path: string): readonly (string | undefined)[] {
  return key.split('/').map((segment) => {
    if (/^\{\w+\}$/.test(segment)) return undefined;
    if (!/[{}]/.test(segment)) return segment;
    throw new TypeError(`${path}: a template variable must be a whole segment, such as {id}`);
  });
}

function fits(template: readonly (string | undefined)[], segments: readonly string[]): boolean {
  return (
    template.length === segments.length &&
    template.every((literal, index) =>
      literal === undefined ? segments[index] !== '' : literal === segments[index],
    )
  );
}

/** What only a decoder would turn into a separator, a dot or an end: `%2f`, `%5c`, `%2e`, `%00`, `\`. */
export function hidesSeparator(text: string): boolean {
  return /%(?:2f|5c|2e|00)|\\/i.test(text);
}
