/**
 * Finds the rule for a path or URI by its segments. A key is exact, or a template in which each
 * `{variable}` matches one whole segment. If several keys match, the most specific one wins, whatever
 * their order.
 *
 * @module
 */

/**
 * The segments of a key. A text matches itself, and `undefined` is a variable, which matches any segment
 * that is not empty.
 */
export type Segments = readonly (string | undefined)[];

/** The paths and the method to which a rule applies. */
export interface SegmentKey {
  /** The method: `*` matches every method, and GET also matches HEAD. Absent for keys without methods. */
  readonly method?: string | undefined;
  readonly segments: Segments;
}

interface Node<K> {
  readonly literals: Map<string, Node<K>>;
  variable: Node<K> | undefined;
  /** The keys that end here, by method. */
  readonly keys: Map<string | undefined, K>;
}

/** A tree of keys, in which a path finds its key segment by segment. */
export class SegmentTree<K extends SegmentKey> {
  readonly #root: Node<K> = newNode();

  /** Adds a key. If there is a key that matches exactly the same operations, returns it and adds nothing. */
  add(key: K): K | undefined {
    let node = this.#root;
    for (const segment of key.segments) {
      let next = childOf(node, segment);
      if (next === undefined) {
        next = newNode();
        if (segment === undefined) node.variable = next;
        else node.literals.set(segment, next);
      }
      node = next;
    }
    const earlier = node.keys.get(key.method);
    if (earlier === undefined) node.keys.set(key.method, key);
    return earlier;
  }

  /** Whether there is a key that matches exactly the same operations. */
  has({ segments, method }: SegmentKey): boolean {
    let node: Node<K> | undefined = this.#root;
    for (const segment of segments) {
      node = childOf(node, segment);
      if (node === undefined) return false;
    }
    return node.keys.has(method);
  }

  /**
   * Returns the most specific key that fits: a literal is tried before a variable, from the left. If
   * several are equally specific, they have the same rule: `refuseOverlaps` made sure of that.
   *
   * It visits each node at most once, so that no text costs more than comparing it to every key.
   */
  find(segments: readonly string[], method?: string): K | undefined {
    return findBelow(this.#root, { segments, method }, 0);
  }

  /** Calls `found` with every key that matches an operation which the given key matches, too. */
  forOverlapping({ segments, method }: SegmentKey, found: (key: K) => void): void {
    const visit = ({ keys, literals, variable }: Node<K>, at: number): void => {
      if (at === segments.length) {
        for (const [other, key] of keys) {
          if (coversMethod(method, other) || coversMethod(other, method)) found(key);
        }
        return;
      }
      const segment = segments[at];
      if (segment === undefined) {
        for (const [text, literal] of literals) if (text !== '') visit(literal, at + 1);
      } else {
        const literal = literals.get(segment);
        if (literal !== undefined) visit(literal, at + 1);
      }
      if (variable !== undefined && segment !== '') visit(variable, at + 1);
    };
    visit(this.#root, 0);
  }
}

/** Finds rules by keys that have no method, such as resource URIs. */
export class SegmentRules<T> {
  readonly #exact: ReadonlyMap<string, T>;
  readonly #templates = new SegmentTree<SegmentKey & { readonly key: string; readonly value: T }>();

  /** @throws {@link TypeError} naming the key, unless each variable of a template is a whole segment */
  constructor(entries: Iterable<readonly [key: string, value: T]>, path: string) {
    this.#exact = new Map(entries);
    for (const [key, value] of this.#exact) {
      if (!/[{}]/.test(key)) continue;
      this.#templates.add({ key, segments: toSegments(key, `${path}['${key}']`), value });
    }
  }

  /** Returns the rule whose key is the text itself, or `undefined`. */
  exact(text: string): T | undefined {
    return this.#exact.get(text);
  }

  /**
   * Returns the most specific template that matches the text. It neither folds nor decodes, so the text must
   * be in normal form.
   */
  template(text: string): { readonly key: string; readonly value: T } | undefined {
    return this.#templates.find(text.split('/'));
  }
}

/**
 * Splits a key into its segments.
 *
 * @throws {@link TypeError} unless each variable is a whole segment
 */
export function toSegments(key: string, path: string): Segments {
  return key.split('/').map((segment) => {
    if (/^\{\w+\}$/.test(segment)) return undefined;
    if (!/[{}]/.test(segment)) return segment;
    throw new TypeError(`${path}: a template variable must be a whole segment, such as {id}`);
  });
}

/**
 * Whether a key for the method `one` also applies to the method `other`. GET applies to HEAD, because an
 * answer to HEAD discloses what an answer to GET does, except its content (RFC 9110 s9.3.2).
 */
export function coversMethod(one: string | undefined, other: string | undefined): boolean {
  return one === other || one === '*' || (one === 'GET' && other === 'HEAD');
}

/**
 * Whether the text contains an encoded separator (`%2f`, `%5c`), an encoded dot (`%2e`), an encoded NUL
 * (`%00`), where some servers end the text, or a backslash, which some servers read as a slash.
 */
export function hidesSeparator(text: string): boolean {
  return /%(?:2f|5c|2e|00)|\\/i.test(text);
}

interface Asked {
  readonly segments: readonly string[];
  readonly method: string | undefined;
}

function findBelow<K>(
  { keys, literals, variable }: Node<K>,
  asked: Asked,
  at: number,
): K | undefined {
  const segment = asked.segments[at];
  if (segment === undefined) return ofMethod(keys, asked.method);
  const literal = literals.get(segment);
  const found = literal && findBelow(literal, asked, at + 1);
  if (found !== undefined || variable === undefined || segment === '') return found;
  return findBelow(variable, asked, at + 1);
}

/** Returns the key of the most specific method that matches. */
function ofMethod<K>(
  keys: ReadonlyMap<string | undefined, K>,
  method: string | undefined,
): K | undefined {
  return keys.get(method) ?? (method === 'HEAD' ? keys.get('GET') : undefined) ?? keys.get('*');
}

function childOf<K>(
  { literals, variable }: Node<K>,
  segment: string | undefined,
): Node<K> | undefined {
  return segment === undefined ? variable : literals.get(segment);
}

function newNode<K>(): Node<K> {
  return { literals: new Map(), variable: undefined, keys: new Map() };
}
