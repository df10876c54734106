/**
 * The policy that finds the rule by HTTP method and path, for a gate in front of a whole application.
 *
 * @module
 */
import { pathOf } from '../http/index.js';
import { expect } from '../options.js';
import type { GateRequest } from '../types.js';
import { compileRule } from './compile.js';
import { fold, lenientReadings } from './fold-path.js';
import { entryName } from './policy.js';
import type { MatchedOperation, Policy, PolicyDefault, PolicyEntry } from './policy.js';
import { refuseOverlaps } from './refuse-overlaps.js';
import type { RuledKey } from './refuse-overlaps.js';
import { deny } from './rule.js';
import { isSameRule } from './same-rule.js';
import { SegmentTree, hidesSeparator, toSegments } from './segment-rules.js';
import { partsOfTarget } from './target-name.js';
import type { CompiledRule, Operation, Rule } from './types.js';

/** A route and its rule. */
export interface HttpRoute<S extends string = string> {
  /** The HTTP method. `GET` also matches HEAD; `*` matches every method. */
  readonly method: string;
  /**
   * The path of the route without a query: exact, or a template whose variables are whole segments, such
   * as `/notes/{id}`.
   */
  readonly path: string;
  readonly rule: Rule<S>;
}

/**
 * Makes a policy from routes. A request that no route matches is denied.
 *
 * The policy is for `gate.fetch` and the proxy, where the gate sees the path that the application gets.
 * Behind a framework's router, give the rule to the route instead (`protect(gate, rule)`): `protect(gate)`
 * throws a `TypeError` for a gate with this policy.
 *
 * If several routes match a request, the most specific one decides, whatever their order. A route is more
 * specific than another if it matches a part of the requests that the other matches, by path and method
 * together: `/notes/secret` is more specific than `/notes/{id}`, GET than `*`, HEAD than GET. If two routes
 * match the same request and neither is more specific (`* /admin` and `GET /{page}`), they are refused,
 * unless there is a route for exactly the requests that both match (`GET /admin`), or their rules are the
 * same, which means the same structure with the same functions.
 *
 * Paths are compared exactly: a path in another case, or with a slash more or less at its end, is not that of
 * the route, and a path with a double slash or an encoded slash or dot matches no route. A path that matches a
 * template as it is written also matches no route if a lenient router could read it as a path with another rule
 * or without one: decoded, in lower case, cut at `;` and without a slash at the end. The query is ignored.
 *
 * @example
 * ```ts
 * const policy = httpPolicy([
 *   { method: 'GET', path: '/notes/{id}', rule: 'notes:read' },
 *   { method: '*', path: '/notes/{id}', rule: 'notes:write' },
 * ]);
 * ```
 * @throws {@link TypeError} naming the route that is invalid, or for two routes that overlap, the route to
 * add
 * @group Rules
 */
export function httpPolicy<const S extends string>(routes: readonly HttpRoute<S>[]): Policy<S> {
  const isList = Array.isArray(routes) && routes.length > 0;
  expect(isList, 'httpPolicy', 'expected at least one route');
  return new HttpPolicy(routes) as unknown as Policy<S>;
}

/** A compiled route. `key` is its name in events, logs and scope maps. */
interface Compiled extends RuledKey {
  readonly method: string;
  readonly path: string;
  readonly isTemplate: boolean;
}

class HttpPolicy implements Policy {
  readonly reads = 'path';
  readonly scopes: readonly string[];
  readonly mayBePublic: boolean;
  readonly #routes = new SegmentTree<Compiled>();
  /** The same routes for paths as a lenient router reads them. */
  readonly #folded: SegmentTree<Compiled>;
  readonly #entries: readonly PolicyEntry[];

  constructor(routes: readonly HttpRoute[]) {
    const compiled = routes.map(compileRoute);
    refuseOverlaps(compiled, 'httpPolicy');
    for (const route of compiled) this.#routes.add(route);
    this.#folded = foldRoutes(compiled, this.#routes);
    this.scopes = Object.freeze([...new Set(compiled.flatMap(({ rule }) => rule.scopes))]);
    this.mayBePublic = compiled.some(({ rule }) => rule.isPublic);
    this.#entries = compiled.map(({ method, path, rule }) => ({
      operation: { protocol: 'http', method, name: path },
      rule: rule.rule,
      otherwise: OTHER_ROUTES.name,
    }));
    Object.freeze(this);
  }

  readBody(): undefined {
    return undefined;
  }

  match(request: GateRequest): MatchedOperation {
    const path = pathOf(request.url);
    const found = this.#find(request.method, path);
    return {
      kind: 'operation',
      operation: { protocol: 'http', method: request.method, name: path },
      label: 'This request',
      ...(found === undefined ? { rule: DENIED } : { rule: found.rule, entry: found.key }),
      parts: found?.isTemplate === true ? partsOfTarget(found.rule, request) : undefined,
    };
  }

  ruleOf({ protocol, method, name }: Operation): CompiledRule {
    if (protocol !== 'http' || name === undefined) return DENIED;
    return this.#find(method, pathOf(name))?.rule ?? DENIED;
  }

  entries(): readonly PolicyEntry[] {
    return this.#entries;
  }

  defaults(): readonly PolicyDefault<never>[] {
    return [OTHER_ROUTES];
  }

  #find(method: string, path: string): Compiled | undefined {
    if (hidesSeparator(path)) return undefined;
    const segments = path.split('/');
    const found = this.#routes.find(segments, method);
    // A path that equals the path of a route needs no comparison with other readings.
    if (found === undefined || !found.isTemplate) return found;
    const isSame = (reading: readonly string[]): boolean => {
      if (reading.some((segment) => segment === '.' || segment === '..')) return false;
      if (reading === segments && this.#folded === this.#routes) return true;
      const read = this.#folded.find(reading, method);
      return read !== undefined && isSameRule(read.rule.rule, found.rule.rule);
    };
    return lenientReadings(segments).every(isSame) ? found : undefined;
  }
}

/**
 * Returns the routes as a lenient router reads them. If such a router reads two routes as the same one,
 * their rules must be the same, or both must be exact paths. In the latter case each route decides for its
 * own spelling, and every other spelling is denied.
 *
 * @param asTheyAre - the unchanged routes, which are returned if folding changes no route
 * @throws {@link TypeError} for a template that would never apply, and for routes that overlap when they are
 * folded
 */
function foldRoutes(
  routes: readonly Compiled[],
  asTheyAre: SegmentTree<Compiled>,
): SegmentTree<Compiled> {
  const folded = routes.map((route) => ({ ...route, segments: fold(route.segments) }));
  if (folded.every(({ segments }, at) => segments === routes[at]?.segments)) return asTheyAre;
  const tree = new SegmentTree<Compiled>();
  const ambiguous = new Set<Compiled>();
  const distinct = folded.filter((route) => {
    const other = tree.add(route);
    if (other === undefined) return true;
    if (isSameRule(other.rule.rule, route.rule.rule)) return false;
    const message = `a lenient router takes it for '${other.key}': give both the same rule`;
    expect(!route.isTemplate, `httpPolicy['${route.key}']`, message);
    ambiguous.add(other);
    return false;
  });
  const read = new SegmentTree<Compiled>();
  const all = distinct.map((one) => (ambiguous.has(one) ? { ...one, rule: DENIED } : one));
  for (const route of all) read.add(route);
  refuseOverlaps(all, 'httpPolicy', ' to a lenient router');
  return read;
}

const OTHER_ROUTES: PolicyDefault<never> = Object.freeze({
  name: 'otherRoutes',
  label: 'any other route',
  rule: deny(),
});

const DENIED: CompiledRule = compileRule(OTHER_ROUTES.rule, undefined, 'deny');

function compileRoute({ method, path, rule }: HttpRoute, index: number): Compiled {
  const at = `httpPolicy[${index}]`;
  const isMethod = typeof method === 'string' && /^(?:[A-Z]+|\*)$/.test(method);
  expect(isMethod, `${at}.method`, "expected an upper-case method or '*'");
  const isNormal = typeof path === 'string' && isPath(path);
  expect(isNormal, `${at}.path`, 'expected a path such as /notes/{id}, without a query');
  const segments = toSegments(path, `${at}.path`);
  return {
    key: entryName({ method, name: path }),
    ...{ method, path, segments },
    isTemplate: segments.includes(undefined),
    rule: compileRule(rule, undefined, `${at}.rule`),
  };
}

/** Whether a route may have the path: one without query, double slashes, dot segments, `%2f` and the like. */
function isPath(path: string): boolean {
  return path.startsWith('/') && !hidesSeparator(path) && !/[?#]|\/\/|\/\.{1,2}(?:\/|$)/.test(path);
}
