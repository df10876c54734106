/**
 * Finds rules by resource URI.
 *
 * @module
 */
import { SegmentRules, compileRule, deny } from '../policy/index.js';
import type { CompiledRule } from '../policy/index.js';
import { isNormalUri, readUri } from './uri-readings.js';

/**
 * The rule that applies to a URI, and the key of `resources` that matches the URI. If no key matches,
 * `key` is absent and the rule is that of `otherResources`.
 */
export interface ResourceRule {
  readonly key?: string;
  readonly rule: CompiledRule;
}

export class ResourceRules {
  readonly #keys: ReadonlyMap<string, CompiledRule>;
  readonly #other: CompiledRule;
  readonly #rules: SegmentRules<CompiledRule>;
  /** The same rules under other keys: each form in which a lenient reader of URIs may read a key. */
  readonly #folded: SegmentRules<CompiledRule>;
  readonly #byShape: ReadonlyMap<string, string>;

  /**
   * @param other - the rule for URIs that no key matches
   * @throws {@link TypeError} naming the key, for an unsupported template or a URI that is not in normal form
   */
  constructor(keys: ReadonlyMap<string, CompiledRule>, other: CompiledRule) {
    this.#keys = keys;
    this.#other = other;
    this.#rules = new SegmentRules(keys, 'resources');
    this.#byShape = new Map([...keys.keys()].map((key) => [shapeOf(key), key]));
    const folded = new Map<string, CompiledRule>();
    for (const [key, rule] of keys) {
      expectNormal(key);
      for (const text of readUri(key.replaceAll(VARIABLE, '{_}')).texts) {
        const before = folded.get(text);
        folded.set(text, before === undefined || isSame(before, rule) ? rule : SEVERAL);
      }
    }
    this.#folded = new SegmentRules(folded, 'resources');
  }

  /**
   * Finds the rule for a URI: the rule of the key that is the URI itself; otherwise, without query and
   * fragment, that of an exact key, of a template that fits, or of `otherResources`. Returns `undefined` if
   * the URI is not in normal form (RFC 3986 s6.2.2), or if a reader that decodes it, changes its case or cuts
   * off a part would find another rule.
   */
  find(uri: string): ResourceRule | undefined {
    const exact = this.#rules.exact(uri);
    if (exact !== undefined) return { key: uri, rule: exact };
    if (!isNormalUri(uri)) return undefined;
    const { texts, isClear } = readUri(uri);
    const plain = this.#findPlain(uri.replace(/[?#].*$/s, ''));
    const isAgreed = texts.every((text) => isSame(this.#findFolded(text), plain.rule));
    return isClear && isAgreed ? plain : undefined;
  }

  /**
   * Returns the rules for a completion or list of a template. If the template is a key, apart from the names of
   * its variables, the result is that key's rule. Otherwise it is the rule for URIs that no key matches,
   * with the rules of all keys that may match a URI of the template.
   */
  ofTemplate(template: string): readonly [ResourceRule, ...ResourceRule[]] {
    const key = this.#byShape.get(shapeOf(template));
    if (key !== undefined) return [{ key, rule: this.#keys.get(key) as CompiledRule }];
    const covered = [...this.#keys].filter(([other]) => mayCover(template, other));
    return [{ rule: this.#other }, ...covered.map(([other, rule]) => ({ key: other, rule }))];
  }

  /**
   * Finds the rule for a URI without query and fragment. A server may ignore these, so they must not
   * change the rule.
   */
  #findPlain(uri: string): ResourceRule {
    const exact = this.#rules.exact(uri);
    if (exact !== undefined) return { key: uri, rule: exact };
    const template = this.#rules.template(uri);
    return template === undefined
      ? { rule: this.#other }
      : { key: template.key, rule: template.value };
  }

  #findFolded(text: string): CompiledRule {
    return this.#folded.exact(text) ?? this.#folded.template(text)?.value ?? this.#other;
  }
}

const VARIABLE = /\{\w+\}/g;

/** Stands for several keys with different rules that a lenient reader takes for one. No key has this rule. */
const SEVERAL = compileRule(deny(), undefined, 'deny');

function isSame(one: CompiledRule, other: CompiledRule): boolean {
  return one.rule === other.rule;
}

function shapeOf(template: string): string {
  return template.replaceAll(VARIABLE, '{}');
}

/** Whether the key may match a URI of the template. It returns `true` if that is uncertain. */
function mayCover(template: string, key: string): boolean {
  const others = key.split('/');
  for (const [index, segment] of template.split('/').entries()) {
    const other = others[index];
    const start = segment.indexOf('{');
    if (start === -1 || shapeOf(segment) === '{}') {
      if (other === undefined) return false;
      if (start === -1 && segment !== other && shapeOf(other) !== '{}') return false;
      continue;
    }
    // An expression such as `{+path}` may hold separators, so only the text before it is certain.
    return other?.startsWith(segment.slice(0, start)) === true || shapeOf(other ?? '') === '{}';
  }
  return others.length === template.split('/').length;
}

/**
 * Refuses a key that is not in normal form: servers and clients normalize URIs, so they would use
 * another URI than the key.
 */
function expectNormal(key: string): void {
  const uri = key.replaceAll(VARIABLE, 'x');
  if (isNormalUri(uri)) return;
  throw new TypeError(`resources['${key}']: expected a URI in normal form, such as notes://all`);
}
