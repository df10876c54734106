/**
 * Finds the rule for a path or URI by its segments. A key is exact, or a template in which each
 * `{variable}` matches one whole segment. If several keys match, the most specific one wins, whatever
 * their order.
 *
 * @module
 */

/** A text is literal, `undefined` a variable. */
export type Segments = readonly (string | undefined)[];

/** The paths and the method that a rule is for. */
export interface SegmentKey {
  /** `*` is every method, and GET covers HEAD. Absent where keys have none. */
  readonly method?: string | undefined;
  readonly segments: Segments;
}

interface Node<K> {
  readonly literals: Map<string, Node<K>>;
  variable: Node<K> | undefined;
  /** The keys that end here, by method. */
  readonly keys: Map<string | undefined, K>;
}

/** Keys to look up. */
export class SegmentTree<K extends SegmentKey> {
  readonly #root: Node<K> = newNode();

  /** Adds a key, unless there is one that matches the same: then returns that one. */
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

  /** Whether there is a key that matches the same. */
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
   * Visits each node at most once, so that no text costs more than comparing it to every key.
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

/** Rules by keys that have no method: resource URIs. */
export class SegmentRules<T> {
  readonly #exact: ReadonlyMap<string, T>;
  readonly #templates = new SegmentTree<SegmentKey & { readonly key: string; readonly value: T }>();

  /** @throws {@link TypeError} naming the key, for a template of another form */
  constructor(entries: Iterable<readonly [key: string, value: T]>, path: string) {
    this.#exact = new Map(entries);
    for (const [key, value] of this.#exact) {
      if (!/[{}]/.test(key)) continue;
      this.#templates.add({ key, segments: toSegments(key, `${path}['${key}']`), value });
    }
  }

  /** The rule whose key is the text itself, or `undefined`. */
  exact(text: string): T | undefined {
    return this.#exact.get(text);
  }

  /** The most specific template that fits. Nothing is folded or decoded: the text must be in normal form. */
  template(text: string): { readonly key: string; readonly value: T } | undefined {
    return this.#templates.find(text.split('/'));
  }
}

/**
 * Reads a key.
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

/** Whether a key for the one method is asked for the other too (RFC 9110 s9.3.2: HEAD tells as much as GET). */
export function coversMethod(one: string | undefined, other: string | undefined): boolean {
  return one === other || one === '*' || (one === 'GET' && other === 'HEAD');
}

/** Whether a decoder would find a separator, a dot or an end here: `%2f`, `%5c`, `%2e`, `%00`, `\`. */
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

/** The key of the most specific method. */
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
