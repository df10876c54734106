/**
 * Rules by resource URI: exact, or by a template whose `{variable}` is one segment.
 *
 * @module
 */

/** What {@link ResourceRules.find} found. */
export type ResourceMatch<T> =
  | { readonly kind: 'found'; readonly key: string; readonly value: T }
  | { readonly kind: 'unknown' }
  /** A URI that a server might read as another one: no default may let it pass. */
  | { readonly kind: 'ambiguous' };

interface Template<T> {
  readonly key: string;
  /** A text is literal, `undefined` a variable. */
  readonly segments: readonly (string | undefined)[];
  readonly value: T;
}

export class ResourceRules<T> {
  readonly #exact = new Map<string, T>();
  readonly #templates: Template<T>[] = [];

  /** @throws {@link TypeError} naming the key, for a template of another form */
  constructor(entries: Iterable<readonly [string, T]>, path: string) {
    for (const [key, value] of entries) {
      this.#exact.set(key, value);
      if (!/[{}]/.test(key)) continue;
      this.#templates.push({ key, segments: toSegments(key, `${path}['${key}']`), value });
    }
  }

  /**
   * Finds the rule for a URI: the exact key, else, without query and fragment, the exact key or the
   * first template that fits. URIs are not normalised but refused if they are not in normal form,
   * since the server will normalise them: `..`, other case of scheme or host, encoded slashes.
   */
  find(uri: string): ResourceMatch<T> {
    const exact = this.#exact.get(uri);
    if (exact !== undefined) return { kind: 'found', key: uri, value: exact };
    if (!isUnambiguous(uri)) return { kind: 'ambiguous' };
    // A server may leave them unread; nobody gets past a rule by adding one.
    const plain = uri.replace(/[?#].*$/s, '');
    const named = this.#exact.get(plain);
    if (named !== undefined) return { kind: 'found', key: plain, value: named };
    const segments = plain.split('/');
    const template = this.#templates.find((candidate) => fits(candidate.segments, segments));
    return template === undefined
      ? { kind: 'unknown' }
      : { kind: 'found', key: template.key, value: template.value };
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

/** Spelt as URL parsers write it, without what only a decoder would turn into a separator. */
function isUnambiguous(uri: string): boolean {
  if (/%(?:2f|5c|2e|00)|\\/i.test(uri)) return false;
  return URL.canParse(uri) && new URL(uri).href === uri;
}
