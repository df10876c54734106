/**
 * The policy over HTTP method and path, for handlers that serve several routes.
 *
 * @module
 */
import type { GateRequest } from '../types.js';
import { compileRule } from './compile.js';
import type { CompiledRule } from './compile.js';
import { entryName } from './operation.js';
import type { BodyNeed, Judgement, Policy, PolicyDefault, PolicyEntry } from './operation.js';
import { deny } from './rule.js';
import type { Rule } from './rule.js';
import { scopesOf } from './scopes-of.js';
import { SegmentRules, hidesSeparator, refuseRepeated } from './segment-rules.js';

/** A route and what it needs. */
export interface HttpRoute<S extends string = string> {
  /** `GET` covers HEAD; `*` is every method that has no route of its own. */
  readonly method: string;
  /** Exact, or with whole-segment variables: `/notes/{id}`. Without a query. */
  readonly path: string;
  readonly rule: Rule<S>;
}

/**
 * Makes a policy from routes. What no route names is denied.
 *
 * Paths are compared exactly: another case, a trailing or double slash, an encoded slash or dot
 * matches nothing. Nor does a path that fits a template as it is written and another route once it
 * is decoded, in lower case or cut at `;`: the framework's router may read it so. The query is not
 * looked at. Where a framework routes, prefer a rule at the route
 * itself (`protect(gate, rule)`): then there is only one place that reads the path.
 *
 * @throws {@link TypeError} naming the route
 * @group Rules
 */
export function http<const S extends string>(routes: readonly HttpRoute<S>[]): Policy<S> {
  if (!Array.isArray(routes) || routes.length === 0) {
    throw new TypeError('http: expected at least one route');
  }
  return new HttpPolicy(routes) as unknown as Policy<S>;
}

interface Compiled {
  readonly method: string;
  readonly path: string;
  readonly rule: CompiledRule;
  readonly entry: string;
}

class HttpPolicy implements Policy {
  readonly scopes: readonly string[];
  readonly mayBePublic: boolean;
  readonly #methods: RulesByMethod;
  /** The same rules for paths as a lenient router reads them. */
  readonly #folded: RulesByMethod;
  readonly #entries: readonly PolicyEntry[];

  constructor(routes: readonly HttpRoute[]) {
    const compiled = routes.map(compileRoute);
    this.#methods = byMethod(compiled);
    refuseRepeated(
      compiled.map(({ method, path }) => `${method} ${path}`),
      'http',
    );
    this.#folded = byMethod(compiled.map((one) => ({ ...one, path: fold(one.path) })));
    this.scopes = Object.freeze([...new Set(routes.flatMap(({ rule }) => scopesOf(rule)))]);
    this.mayBePublic = compiled.some(({ rule }) => rule.mayBePublic);
    this.#entries = compiled.map(({ method, path, rule }) => ({
      operation: { protocol: 'http', method, name: path },
      rule: rule.rule,
      otherwise: OTHER_ROUTES.name,
    }));
    Object.freeze(this);
  }

  bodyNeed(): BodyNeed {
    return 'ignored';
  }

  judge(request: GateRequest): Judgement {
    const path = pathOf(request.url);
    const found = this.#find(request.method, path);
    return {
      operation: { protocol: 'http', method: request.method, name: path },
      label: 'This request',
      ...(found === undefined ? { rule: DENIED } : { rule: found.rule, entry: found.entry }),
    };
  }

  entries(): readonly PolicyEntry[] {
    return this.#entries;
  }

  defaults(): readonly PolicyDefault<never>[] {
    return [OTHER_ROUTES];
  }

  #find(method: string, path: string): Compiled | undefined {
    if (hidesSeparator(path)) return undefined;
    const found = lookUp(this.#methods, method, path);
    if (found === undefined || found.exact) return found?.route;
    const read = lookUp(this.#folded, method, fold(path));
    return read?.route.rule === found.route.rule ? found.route : undefined;
  }
}

type RulesByMethod = ReadonlyMap<string, SegmentRules<Compiled>>;

function byMethod(compiled: readonly Compiled[]): RulesByMethod {
  const methods = new Set(compiled.map(({ method }) => method));
  return new Map(
    [...methods].map((method) => [
      method,
      new SegmentRules(
        compiled.flatMap((one) => (one.method === method ? [[one.path, one]] : [])),
        `http ${method}`,
      ),
    ]),
  );
}

interface Found {
  readonly route: Compiled;
  readonly exact: boolean;
}

function lookUp(methods: RulesByMethod, method: string, path: string): Found | undefined {
  // HEAD is GET without a body (RFC 9110 s9.3.2): it tells as much.
  const names = method === 'HEAD' ? ['HEAD', 'GET', '*'] : [method, '*'];
  for (const name of names) {
    const rules = methods.get(name);
    const route = rules?.exact(path);
    if (route !== undefined) return { route, exact: true };
    const template = rules?.template(path);
    if (template !== undefined) return { route: template.value, exact: false };
  }
  return undefined;
}

/** A path as a lenient router reads it: decoded, in one case, cut at `;`. */
function fold(path: string): string {
  const cut = path.replace(/;.*/s, '');
  try {
    return decodeURIComponent(cut).toLowerCase();
  } catch {
    return cut.toLowerCase();
  }
}

const OTHER_ROUTES: PolicyDefault<never> = Object.freeze({
  name: 'otherRoutes',
  label: 'any other route',
  rule: deny(),
});

const DENIED: CompiledRule = compileRule(OTHER_ROUTES.rule, undefined, 'deny');

function compileRoute({ method, path, rule }: HttpRoute, index: number): Compiled {
  const at = `http[${index}]`;
  if (typeof method !== 'string' || !/^(?:[A-Z]+|\*)$/.test(method)) {
    throw new TypeError(`${at}.method: expected an upper-case method or '*'`);
  }
  if (typeof path !== 'string' || !path.startsWith('/') || /[?#\\]|\/\//.test(path)) {
    throw new TypeError(`${at}.path: expected a path such as /notes/{id}, without a query`);
  }
  const entry = entryName({ method, name: path });
  return { method, path, rule: compileRule(rule, undefined, `${at}.rule`), entry };
}

/** The target's path as it came, of either form (RFC 9112 s3.2). */
function pathOf(target: string): string {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*/s, '');
  return path === '' ? '/' : path;
}
