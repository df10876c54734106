/**
 * Rules by resource URI.
 *
 * @module
 */
import { SegmentRules, hidesSeparator } from '../policy/index.js';

/** What {@link ResourceRules.find} found. */
export type ResourceMatch<T> =
  | { readonly kind: 'found'; readonly key: string; readonly value: T }
  | { readonly kind: 'unknown' }
  /** A URI that a server might read as another one: no default may let it pass. */
  | { readonly kind: 'ambiguous' };

export class ResourceRules<T> {
  readonly #rules: SegmentRules<T>;

  /** @throws {@link TypeError} naming the key, for a template of another form */
  constructor(entries: Iterable<readonly [string, T]>, path: string) {
    this.#rules = new SegmentRules(entries, path);
  }

  /**
   * Finds the rule for a URI: the exact key, else, without query and fragment, the exact key or the
   * first template that fits. URIs are not normalised but refused if they are not in normal form,
   * since the server will normalise them: `..`, other case of scheme or host, encoded slashes.
   */
  find(uri: string): ResourceMatch<T> {
    const exact = this.#rules.exact(uri);
    if (exact !== undefined) return { kind: 'found', key: uri, value: exact };
    if (!isUnambiguous(uri)) return { kind: 'ambiguous' };
    // A server may leave query and fragment unread; nobody gets past a rule by adding one.
    const plain = uri.replace(/[?#].*$/s, '');
    const named = this.#rules.exact(plain);
    if (named !== undefined) return { kind: 'found', key: plain, value: named };
    const template = this.#rules.template(plain);
    return template === undefined ? { kind: 'unknown' } : { kind: 'found', ...template };
  }
}

/** Spelt as URL parsers write it, without what only a decoder would turn into a separator. */
function isUnambiguous(uri: string): boolean {
  return !hidesSeparator(uri) && URL.canParse(uri) && new URL(uri).href === uri;
}
