/**
 * Which token reaches which operation, worked out from the policy without a request.
 *
 * @module
 */
import type { Gate, Rule, ScopeCatalogue } from '@scopegate/core';
import {
  compileRule,
  evaluateCompiled,
  explainRule,
  hopefulRule,
  scopesOf,
} from '@scopegate/core/engine';
import type { CompiledRule } from '@scopegate/core/engine';
import { toGrants } from './grants.js';
import type { Grant, GrantedScopes } from './grants.js';
import { listRules } from './list-rules.js';
import type { ListedRule } from './list-rules.js';

export interface ScopeMapOptions<S extends string = string> {
  /**
   * The columns, by name: a `scope` value, a list of scopes, anything with `scopes` such as an
   * `Auth`, or `undefined` for no token.
   *
   * @default no token, and a token for each scope of the catalogue
   */
  readonly grants?: Readonly<Record<string, Grant>>;
  readonly routes?: RouteRules<S>;
}

/**
 * Rules that stand at routes (`protect(gate, rule)`), by method and path:
 * `{ 'GET /mcp/notes/{id}': 'notes:read' }`. A gate is not told where it is mounted, so it cannot list
 * them. Mount the routes by the same table, `protect(gate, routes['GET /mcp/notes/{id}'])`: the map
 * then shows the rules that are enforced, and a key that is not in it does not compile.
 */
export type RouteRules<S extends string = string> = Readonly<
  Record<`${string} /${string}`, Rule<S>>
>;

/** Plain data, the same for the same policy: made to be committed as JSON and compared. */
export interface ScopeMap {
  readonly resource: string;
  readonly grants: readonly ScopeMapGrant[];
  readonly rows: readonly ScopeMapRow[];
}

export interface ScopeMapGrant {
  readonly name: string;
  /** `null` is no token. */
  readonly scopes: readonly string[] | null;
}

export interface ScopeMapRow {
  /** Named by the policy, a default of the policy, or a route given by option. */
  readonly kind: 'operation' | 'default' | 'route';
  /** For people: `tools/call add_note`, `any other tool`, `GET /export`. */
  readonly operation: string;
  /** A JSON-RPC or HTTP method; of a default, the option that holds its rule. */
  readonly method: string;
  /** The tool, prompt, resource or path. */
  readonly name?: string;
  /** The default that would hold if the policy did not name the operation. */
  readonly otherwise?: string;
  /** The rule in words. */
  readonly requires: string;
  /** Every scope that the rule names, behind conditions too. */
  readonly scopes: readonly string[];
  /** A cell for each of {@link ScopeMap.grants}, in that order. */
  readonly access: readonly ScopeMapAccess[];
}

/**
 * `yes` and `no` are what a gate decides for such a token, if it is valid. `depends` is up to the
 * request: a condition or a function has its say, and may also fail and so deny.
 */
export type Passes = 'yes' | 'no' | 'depends';

export interface ScopeMapAccess {
  readonly grant: string;
  readonly passes: Passes;
  /** Of a `no`. */
  readonly status?: 401 | 403;
  /** Of a `no`: the scopes of the cheapest way in; empty if no scope opens one. */
  readonly challenge?: readonly string[];
}

/**
 * Maps a gate: each operation that its policy names, its defaults, and the routes given, with what
 * each needs and whether the given tokens pass. Implications of the catalogue count.
 *
 * Not on the map: subscriptions and completions, which follow the resources and prompts they touch;
 * what the handler checks; whether a token is valid at all. Where several rows of a policy fit an
 * operation, the most specific one decides; of routes, the framework's router says which one runs.
 *
 * @throws {@link TypeError} naming the option; for a gate that has no policy, without routes
 * @group Audit
 */
export function scopeMap<S extends string>(
  gate: Gate<S>,
  options: ScopeMapOptions<NoInfer<S>> = {},
): ScopeMap {
  const catalogue: ScopeCatalogue = gate.scopes;
  const grants = toGrants(options.grants, catalogue);
  return {
    resource: gate.resource,
    grants: grants.map(({ name, scopes }) => ({ name, scopes: scopes && [...scopes] })),
    rows: listRules(gate, options.routes).map((listed) => toRow(listed, grants, catalogue)),
  };
}

function toRow(
  { rule, ...listed }: ListedRule,
  grants: readonly GrantedScopes[],
  catalogue: ScopeCatalogue,
): ScopeMapRow {
  const compiled = compileRule(rule, catalogue, listed.operation);
  const hopeful = compiled.dynamic
    ? compileRule(hopefulRule(rule), catalogue, listed.operation)
    : compiled;
  return {
    ...listed,
    requires: explainRule(rule),
    scopes: scopesOf(rule),
    access: grants.map(({ name, scopes }) => ({
      grant: name,
      ...judge(compiled, hopeful, scopes ?? undefined, catalogue),
    })),
  };
}

function judge(
  rule: CompiledRule,
  hopeful: CompiledRule,
  granted: ReadonlySet<string> | undefined,
  catalogue: ScopeCatalogue,
): Omit<ScopeMapAccess, 'grant'> {
  // Without a token the gate asks no function, so nothing is left open.
  const asked = granted === undefined ? rule : hopeful;
  const { satisfied, challenge } = evaluateCompiled(asked, granted, catalogue);
  // Even scopes that are enough by themselves: a function of the rule that throws denies it all.
  if (satisfied) return { passes: asked === rule ? 'yes' : 'depends' };
  return { passes: 'no', status: granted === undefined ? 401 : 403, challenge: [...challenge] };
}
