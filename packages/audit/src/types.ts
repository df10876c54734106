/**
 * Scope maps and findings as data.
 *
 * @module
 */
import type { Rule } from '@scopegate/core';
import type { CompiledRule } from '@scopegate/core/engine';

/** The scopes of a token; `undefined` is no token. */
export type Grant = string | readonly string[] | { readonly scopes: readonly string[] } | undefined;

export interface ScopeMapOptions<S extends string = string> {
  /**
   * The columns, by name: a `scope` value, a list of scopes, an object with `scopes` such as an `Auth`, or
   * `undefined` for no token.
   *
   * @default no token, and a token for each scope of the catalogue
   */
  readonly grants?: Readonly<Record<string, Grant>>;
  readonly routes?: RouteRules<S>;
  /**
   * The tools of the server, as `tools/list` returns them. With this option the map says whether an operation
   * reads or writes, where that is known: tools by their annotations, routes by their method.
   *
   * @default the map does not say it
   */
  readonly tools?: readonly AnnotatedTool[];
}

/** A tool with the annotations of MCP, which are hints of the server about itself. */
export interface AnnotatedTool {
  readonly name: string;
  readonly annotations?: ToolHints | undefined;
}

export interface ToolHints {
  readonly readOnlyHint?: boolean | undefined;
  readonly destructiveHint?: boolean | undefined;
}

/**
 * The rules of routes (`protect(gate, rule)`), by method and path:
 * `{ 'GET /mcp/notes/{id}': 'notes:read' }`. A gate does not know where it is mounted, so it cannot list
 * them. Mount the routes from the same table, `protect(gate, routes['GET /mcp/notes/{id}'])`: then the map
 * shows the rules that are enforced. A key that the table lacks does not compile if the table is declared with
 * `satisfies RouteRules`; a table of this type itself accepts every key.
 */
export type RouteRules<S extends string = string> = Readonly<
  Record<`${string} /${string}`, Rule<S>>
>;

/** Plain data, the same for the same policy, so that it can be committed as JSON and compared. */
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
  /** An operation that the policy names, a default of the policy, or a given route. */
  readonly kind: 'operation' | 'default' | 'route';
  /** For people: `tools/call add_note`, `any other tool`, `GET /export`. */
  readonly operation: string;
  /** A JSON-RPC or HTTP method; of a default, the option that holds its rule. */
  readonly method: string;
  /** The tool, prompt, resource or path. */
  readonly name?: string;
  /** The option of the default that would apply if the policy did not name the operation. */
  readonly otherwise?: string;
  /**
   * Whether the operation may change data; `false` if it only reads. Absent if it is not known, or if the map
   * was made without `tools`.
   */
  readonly writes?: boolean;
  /** The rule in words. */
  readonly requires: string;
  /** Every scope that the rule names, also inside conditions and in `mayRequire`. */
  readonly scopes: readonly string[];
  /** A cell for each of {@link ScopeMap.grants}, in that order. */
  readonly access: readonly ScopeMapAccess[];
}

/**
 * `yes` and `no` are what a gate decides for such a token, if it is valid. With `depends`, the request decides:
 * the rule has a condition, a function or a required login. If one of these throws, the gate denies.
 */
export type Passes = 'yes' | 'no' | 'depends';

export interface ScopeMapAccess {
  readonly grant: string;
  readonly passes: Passes;
  /** The status of the refusal, for `no`. */
  readonly status?: 401 | 403;
  /**
   * For `no`: the scopes to ask for, by the rule alone; empty if no scope helps. The gate's challenge can
   * differ: a 401 names `initialScopes` if the operation is in the body, and a 403 adds what functions ask for.
   */
  readonly challenge?: readonly string[];
}

/** A rule of the policy or of a route, with its operation. */
export interface ListedRule extends Pick<
  ScopeMapRow,
  'kind' | 'operation' | 'method' | 'name' | 'otherwise'
> {
  readonly rule: CompiledRule;
}

export type LintCode =
  /** A tool or prompt that the policy does not name, or a default such as `otherTools` that needs no scope. */
  | 'operation_without_rule'
  /** A rule for a tool or prompt that the server does not have, or for tasks that nobody can start. */
  | 'rule_without_operation'
  /** A function that does not say what it may require. */
  | 'requirement_unknown'
  /** A scope of the catalogue that no rule needs, and that implies none that a rule needs. */
  | 'scope_never_used'
  /** The same for a scope that the metadata names. */
  | 'advertised_never_enforced'
  /** `offline_access` in another spelling. In its plain spelling, `createGate` refuses it. */
  | 'offline_access'
  /** An alternative that no challenge names, and whose tokens pass by another alternative anyway. */
  | 'alternative_never_cheapest'
  /** A part of a rule that another part beside it implies. */
  | 'implied_duplicate'
  /** A tool that only reads but needs a scope for writing, or a write that scopes for reading allow. */
  | 'annotation_contradicts_scope'
  /** A choice that asks callers without scopes for an alternative that opens more than another one. */
  | 'broad_first'
  /** A route outside of the resource, to which careful clients send no token. */
  | 'route_outside_resource';

export interface LintFinding {
  readonly code: LintCode;
  /** `error`: callers get a wrong answer; `warning`: probably a mistake; `info`: the check cannot see further. */
  readonly severity: 'error' | 'warning' | 'info';
  /** The operation, option or scope. Names are escaped here and in `message`, so they can be printed. */
  readonly where: string;
  readonly message: string;
  readonly howToMend: string;
}

export interface LintOptions<S extends string = string> {
  /** The rules of routes: the same table as for the scope map. */
  readonly routes?: RouteRules<S>;
  /** Every tool that the server has, to compare with the rules: names, or tools with their annotations. */
  readonly tools?: readonly (string | AnnotatedTool)[];
  /** Every prompt. */
  readonly prompts?: readonly (string | { readonly name: string })[];
  /**
   * What scopes are for, to compare with the annotations of tools.
   *
   * @default by a word in the name: `notes:read` and `calendar.readonly` are for reading, `notes:write` and
   * `files:delete` for writing; other names say nothing
   */
  readonly scopeUse?: Readonly<Partial<Record<S, 'reads' | 'writes'>>>;
}
