/**
 * Selects the tools, prompts, resources and templates of a list that the caller may use. It enforces
 * nothing: the gate decides about every request.
 *
 * @module
 */
import { internalsOf } from '../gate/index.js';
import type { Gate } from '../gate/index.js';
import { foldRule } from '../policy/index.js';
import type { CompiledRule, Policy } from '../policy/index.js';
import type { ScopeCatalogue } from '../scope/index.js';

/**
 * Returns the tools that a caller may use, for a `tools/list` handler. A tool whose rule depends on the
 * request is listed if it may be allowed. A client cannot step up for a tool that it does not see, so
 * hide only tools that it should not know of. Keep the list out of shared caches
 * (`cacheScope: 'private'`).
 *
 * @param auth - the caller; anything that this gate did not make counts as no caller
 * @throws {@link TypeError} for a gate without an `mcpPolicy`
 * @example
 * ```ts
 * const listTools = (_request: unknown, { http }: ServerContext) => ({
 *   tools: visibleTools(gate, http?.authInfo, tools),
 * });
 * ```
 * @group MCP
 */
export function visibleTools<S extends string, T extends { readonly name: string }>(
  gate: Gate<S>,
  auth: unknown,
  tools: readonly T[],
): T[] {
  const isVisible = viewOf(gate, auth, 'visibleTools');
  return tools.filter(({ name }) => isVisible('tools/call', name));
}

/**
 * Returns the prompts that a caller may get, for a `prompts/list` handler, as {@link visibleTools} does.
 *
 * @param auth - the caller; anything that this gate did not make counts as no caller
 * @throws {@link TypeError} for a gate without an `mcpPolicy`
 * @example
 * ```ts
 * const listPrompts = (_request: unknown, { http }: ServerContext) => ({
 *   prompts: visiblePrompts(gate, http?.authInfo, prompts),
 * });
 * ```
 * @group MCP
 */
export function visiblePrompts<S extends string, T extends { readonly name: string }>(
  gate: Gate<S>,
  auth: unknown,
  prompts: readonly T[],
): T[] {
  const isVisible = viewOf(gate, auth, 'visiblePrompts');
  return prompts.filter(({ name }) => isVisible('prompts/get', name));
}

/**
 * Returns the resources that a caller may read, for a `resources/list` handler, as {@link visibleTools}
 * does. A resource whose URI is not in normal form is left out, because the gate refuses to read it.
 *
 * @param auth - the caller; anything that this gate did not make counts as no caller
 * @throws {@link TypeError} for a gate without an `mcpPolicy`
 * @example
 * ```ts
 * const listResources = (_request: unknown, { http }: ServerContext) => ({
 *   resources: visibleResources(gate, http?.authInfo, resources),
 * });
 * ```
 * @group MCP
 */
export function visibleResources<S extends string, T extends { readonly uri: string }>(
  gate: Gate<S>,
  auth: unknown,
  resources: readonly T[],
): T[] {
  const isVisible = viewOf(gate, auth, 'visibleResources');
  return resources.filter(({ uri }) => isVisible('resources/read', uri));
}

/**
 * Returns the templates of which a caller may read some resource, for a `resources/templates/list` handler,
 * as {@link visibleTools} does. A template that is a key of `resources`, apart from the names of its
 * variables, has that key's rule. Any other one is listed if a rule that may apply to its URIs may hold.
 *
 * @param auth - the caller; anything that this gate did not make counts as no caller
 * @throws {@link TypeError} for a gate without an `mcpPolicy`
 * @example
 * ```ts
 * const listTemplates = (_request: unknown, { http }: ServerContext) => ({
 *   resourceTemplates: visibleResourceTemplates(gate, http?.authInfo, templates),
 * });
 * ```
 * @group MCP
 */
export function visibleResourceTemplates<
  S extends string,
  T extends { readonly uriTemplate: string },
>(gate: Gate<S>, auth: unknown, templates: readonly T[]): T[] {
  const isVisible = viewOf(gate, auth, 'visibleResourceTemplates');
  return templates.filter(({ uriTemplate }) => isVisible('resources/templates/list', uriTemplate));
}

/** Returns a function that says whether the rule of an operation may hold for the caller ({@link mayHold}). */
function viewOf(
  gate: Gate,
  auth: unknown,
  caller: string,
): (method: string, name: string) => boolean {
  const policy = mcpPolicyOf(gate, caller);
  const granted = gate.issued(auth) ? new Set(auth.scopes) : undefined;
  return (method, name) =>
    mayHold(policy.ruleOf({ protocol: 'mcp', method, name }), granted, gate.scopes);
}

/**
 * Returns the policy of a gate.
 *
 * @throws {@link TypeError} for a gate without an `mcpPolicy`, and for a value that is no gate
 */
export function mcpPolicyOf(gate: Gate, caller: string): Policy {
  internalsOf(gate, caller);
  if (gate.policy === undefined) throw new TypeError(`${caller}: the gate has no policy`);
  if (gate.policy.reads !== 'body') throw new TypeError('expected a gate with an mcpPolicy');
  return gate.policy;
}

/** Whether the rule may hold for these scopes, if its functions, conditions and logins hold. */
export function mayHold(
  { rule }: CompiledRule,
  granted: ReadonlySet<string> | undefined,
  catalogue: ScopeCatalogue,
): boolean {
  const hasToken = (): boolean => granted !== undefined;
  return foldRule<boolean>(rule, {
    scope: (scope) => granted !== undefined && catalogue.grants(granted, scope),
    allOf: (parts) => parts.every(Boolean),
    anyOf: (parts) => parts.some(Boolean),
    where: (part) => part,
    computed: hasToken,
    recentLogin: hasToken,
    authenticated: hasToken,
    publicAccess: () => true,
    deny: () => false,
  });
}
