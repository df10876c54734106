/**
 * Defines the scope catalogue: all scopes of a service, and the scopes that a broader one implies.
 *
 * @module
 */
import { expect, readOptions } from '../options.js';
import { isObject, present } from '../values.js';
import { checkScope, expectUnmistakable } from './scope-token.js';

/** The entry of a catalogue for one scope. */
export interface ScopeEntry<S extends string = string> {
  /** A text for people in the body of a refusal, such as "Add and change notes". */
  readonly description?: string;
  /** Narrower scopes that this scope also grants. The scopes that those imply are granted, too. */
  readonly implies?: readonly S[];
  /** The name by which clients request the scope, if the provider writes another name into tokens. */
  readonly requestAs?: string;
  /**
   * Whether a granted scope with another name grants this scope, for scopes with parameters. Only `true`
   * grants it; any other result does not, and neither does an exception.
   */
  readonly match?: (granted: string) => boolean;
}

/** A scope catalogue. {@link defineScopes} makes it, and it is immutable. */
export interface ScopeCatalogue<S extends string = string> {
  /** The names of the scopes, in the order of definition. */
  readonly names: readonly S[];
  has(scope: string): scope is S;
  get(scope: string): Readonly<ScopeEntry<S>> | undefined;
  /** Whether the granted scopes satisfy the required one: by its name, by an implication or by `match`. */
  grants(granted: ReadonlySet<string>, required: string): boolean;
  /** Returns the name of the scope in challenges and metadata. */
  requestName(scope: string): string;
}

/**
 * Defines the catalogue, from a record of entries or from a plain list of names.
 *
 * A scope in `implies` that is not in the catalogue is a type error. A granted scope satisfies the scopes that
 * it implies, but an implied scope does not satisfy the broader one. Names are compared exactly: apart from
 * `match`, there are no rules for prefixes, wildcards or case.
 *
 * @example
 * ```ts
 * const scopes = defineScopes({
 *   'notes:read': { description: 'Read notes' },
 *   'notes:write': { description: 'Add and change notes', implies: ['notes:read'] },
 * });
 * ```
 * @throws {@link TypeError} naming the entry, for an illegal scope token, a name that clients would read as a
 * challenge parameter (`scope=x`), `offline_access`, a repeated name, an unknown or circular implication, or an
 * unknown member; also for an empty catalogue
 * @group Scopes
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-3.3 RFC 6749 s3.3}
 */
export function defineScopes<const S extends string>(names: readonly S[]): ScopeCatalogue<S>;
export function defineScopes<const S extends string>(
  entries: Readonly<Record<S, ScopeEntry<NoInfer<S>>>>,
): ScopeCatalogue<S>;
export function defineScopes(
  input: readonly string[] | Readonly<Record<string, ScopeEntry>>,
): ScopeCatalogue {
  const entries = new Map(toEntries(input).map(([name, entry]) => [name, readEntry(name, entry)]));
  expect(entries.size > 0, 'scopes', 'expected at least one scope');
  return new Catalogue(entries);
}

/**
 * Refuses a scope that is not in the catalogue.
 *
 * @throws {@link TypeError} naming the option
 */
export function expectKnown(scope: string, path: string, catalogue: ScopeCatalogue): void {
  expect(catalogue.has(scope), path, `${JSON.stringify(scope)} is not in the scope catalogue`);
}

/**
 * Returns a frozen copy of a list of scopes, which must all be in the catalogue.
 *
 * @throws {@link TypeError} naming the element
 */
export function knownScopes(
  scopes: readonly string[],
  path: string,
  catalogue: ScopeCatalogue,
): readonly string[] {
  for (const [index, name] of scopes.entries()) expectKnown(name, `${path}[${index}]`, catalogue);
  return Object.freeze([...scopes]);
}

/** Whether the value was built by the {@link defineScopes} of this copy of the package. */
export function isScopeCatalogue(value: unknown): value is ScopeCatalogue {
  return value instanceof Catalogue;
}

type Match = NonNullable<ScopeEntry['match']>;

/** The granters of a scope: itself and every scope that implies it, and the `match` functions of them all. */
interface Granters {
  readonly names: string[];
  readonly matches: Match[];
}

class Catalogue implements ScopeCatalogue {
  readonly names: readonly string[];
  readonly #entries: ReadonlyMap<string, Readonly<ScopeEntry>>;
  readonly #granters: ReadonlyMap<string, Granters>;

  constructor(entries: ReadonlyMap<string, Readonly<ScopeEntry>>) {
    this.names = Object.freeze([...entries.keys()]);
    this.#entries = entries;
    this.#granters = buildGranters(entries);
    Object.freeze(this);
  }

  has(scope: string): scope is string {
    return this.#entries.has(scope);
  }

  get(scope: string): Readonly<ScopeEntry> | undefined {
    return this.#entries.get(scope);
  }

  grants(granted: ReadonlySet<string>, required: string): boolean {
    const granters = this.#granters.get(required);
    if (granters === undefined) return false;
    if (granters.names.some((name) => granted.has(name))) return true;
    return granters.matches.some((match) => matchesAny(match, granted));
  }

  requestName(scope: string): string {
    return this.#entries.get(scope)?.requestAs ?? scope;
  }
}

function matchesAny(match: Match, granted: ReadonlySet<string>): boolean {
  for (const scope of granted) {
    try {
      if (match(scope) === true) return true;
    } catch {
      // A `match` function that throws does not grant the scope.
    }
  }
  return false;
}

function toEntries(
  input: readonly string[] | Readonly<Record<string, ScopeEntry>>,
): [string, ScopeEntry][] {
  if (Array.isArray(input)) {
    const names = input as readonly string[];
    const repeated = names.find((name, index) => names.indexOf(name) !== index);
    expect(repeated === undefined, 'scopes', `${show(repeated)} is listed twice`);
    return names.map((name) => [name, {}]);
  }
  expect(isObject(input), 'scopes', 'expected a list of names or a record of entries');
  return Object.entries(input);
}

function readEntry(name: string, given: ScopeEntry): Readonly<ScopeEntry> {
  const path = pathOf(name);
  checkName(name, path);
  const entry = readOptions<ScopeEntry>(given, MEMBERS, path);
  const { implies, requestAs } = entry;
  if (requestAs !== undefined) checkName(requestAs, `${path}.requestAs`);
  const set = present({ ...entry, implies: implies && Object.freeze([...implies]) });
  // The entry has no prototype, so that a polluted prototype cannot supply a member that is not set.
  return Object.freeze(Object.assign(Object.create(null) as ScopeEntry, set));
}

const MEMBERS: Parameters<typeof readOptions<ScopeEntry>>[1] = {
  description: ['a string'],
  implies: ['a list'],
  requestAs: ['any'],
  match: ['a function'],
};

function checkName(name: string, path: string): void {
  checkScope(name, path);
  expectUnmistakable(name, path);
}

function buildGranters(
  entries: ReadonlyMap<string, Readonly<ScopeEntry>>,
): ReadonlyMap<string, Granters> {
  const granters = new Map<string, Granters>();
  for (const [name, { match }] of entries) {
    for (const scope of closureOf(name, entries)) {
      let granting = granters.get(scope);
      if (granting === undefined) granters.set(scope, (granting = { names: [], matches: [] }));
      granting.names.push(name);
      if (match !== undefined) granting.matches.push(match);
    }
  }
  return granters;
}

/**
 * Returns all scopes that a scope grants, and the scope itself.
 *
 * @throws {@link TypeError} if a scope is unknown or implies itself
 */
function closureOf(
  name: string,
  entries: ReadonlyMap<string, Readonly<ScopeEntry>>,
): Iterable<string> {
  /** The chain of implications that leads to each scope. The loop also visits the scopes that it adds. */
  const chains = new Map([[name, show(name)]]);
  for (const [scope, chain] of chains) {
    for (const implied of entries.get(scope)?.implies ?? []) {
      const longer = `${chain} -> ${show(implied)}`;
      expect(entries.has(implied), `${pathOf(scope)}.implies`, `unknown scope ${show(implied)}`);
      expect(implied !== name, `${pathOf(name)}.implies`, `circular implication ${longer}`);
      if (!chains.has(implied)) chains.set(implied, longer);
    }
  }
  return chains.keys();
}

function pathOf(name: string): string {
  return `scopes[${show(name)}]`;
}

function show(name: unknown): string {
  return typeof name === 'string' ? `'${name}'` : String(name);
}
