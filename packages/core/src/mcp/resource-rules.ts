/**
 * Rules by resource URI.
 *
 * @module
 */
import { SegmentRules, compileRule, deny } from '../policy/index.js';
import type { CompiledRule } from '../policy/index.js';
import { isNormalUri, readUri } from './uri-readings.js';

/** The rule for a URI, and the key it stands under; no key names what falls under `otherResources`. */
export interface ResourceRule {
  readonly key?: string;
  readonly rule: CompiledRule;
}

export class ResourceRules {
  readonly #keys: ReadonlyMap<string, CompiledRule>;
  readonly #other: CompiledRule;
  readonly #rules: SegmentRules<CompiledRule>;
  /** The same rules by what lenient readers make of their keys. */
  readonly #folded: SegmentRules<CompiledRule>;
  readonly #byShape: ReadonlyMap<string, string>;

  /**
   * @param other - the rule for what no key names
   * @throws {@link TypeError} naming the key, for a template of another form and a URI that is not in
   * normal form
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
   * Finds the rule for a URI: the key that is the URI itself, else, without query and fragment, an exact
   * key or a template that fits. `undefined` if the URI is not in normal form (RFC 3986 s6.2.2), or if
   * a reader that decodes it, folds its case or cuts it off would come to the rule of another resource.
   */
  find(uri: string): ResourceRule | undefined {
    const exact = this.#rules.exact(uri);
    if (exact !== undefined) return { key: uri, rule: exact };
    if (!isNormalUri(uri)) return undefined;
    const { texts, isClear } = readUri(uri);
    const found = this.#findPlain(uri.replace(/[?#].*$/s, ''));
    const isAgreed = texts.every((text) => isSame(this.#findFolded(text), found.rule));
    return isClear && isAgreed ? found : undefined;
  }

  /**
   * The rules for a completion, by the text of a template: that of the key it is, whatever the names of
   * its variables, else what holds for URIs that no key names together with the rules of all keys under
   * which a URI of the template may fall.
   */
  ofTemplate(template: string): readonly [ResourceRule, ...ResourceRule[]] {
    const key = this.#byShape.get(shapeOf(template));
    if (key !== undefined) return [{ key, rule: this.#keys.get(key) as CompiledRule }];
    const covered = [...this.#keys].filter(([other]) => mayCover(template, other));
    return [{ rule: this.#other }, ...covered.map(([other, rule]) => ({ key: other, rule }))];
  }

  /** A server may leave query and fragment unread; nobody gets past a rule by adding one. */
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

/** Stands for keys that lenient readers take for one another although their rules differ. */
const SEVERAL = compileRule(deny(), undefined, 'deny');

function isSame(one: CompiledRule, other: CompiledRule): boolean {
  return one.rule === other.rule;
}

function shapeOf(template: string): string {
  return template.replaceAll(VARIABLE, '{}');
}

/** Whether some URI of the template may fall under the key; in doubt it may. */
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
    // An expression such as `{+path}` may hold separators: only what stands in front of it is sure.
    return other?.startsWith(segment.slice(0, start)) === true || shapeOf(other ?? '') === '{}';
  }
  return others.length === template.split('/').length;
}

/** The server would read another URI, and so would everybody who asks for it. */
function expectNormal(key: string): void {
  const uri = key.replaceAll(VARIABLE, 'x');
  if (isNormalUri(uri)) return;
  throw new TypeError(`resources['${key}']: expected a URI in normal form, such as notes://all`);
}
