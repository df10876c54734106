/**
 * Describes the tools of a list by the scopes that they need, or selects those that the caller may use.
 * Neither enforces anything: the gate decides about every call.
 *
 * @module
 */
import { internalsOf } from '../gate/index.js';
import type { Gate } from '../gate/index.js';
import { deny, evaluateCompiled, foldRule } from '../policy/index.js';
import type { CompiledRule, Policy } from '../policy/index.js';
import type { ScopeCatalogue } from '../scope/index.js';

/** One way to call a tool, in the form of the Apps SDK. */
export type SecurityScheme = { type: 'noauth' } | { type: 'oauth2'; scopes: string[] };

/** The members that {@link describeTools} adds to a tool. */
export type DescribedTool = {
  securitySchemes: SecurityScheme[];
  _meta: { securitySchemes: SecurityScheme[] };
};

/**
 * Adds `securitySchemes` to the tools of a `tools/list` result, at the top level and in `_meta`, since
 * the SDKs drop the former. `noauth` means that the tool may run without a token. `oauth2` names the
 * scopes to ask for: one complete alternative, in the names that the authorization server knows, without
 * the scopes that functions and conditions ask for.
 *
 * A tool that no token may call (`deny()`, or no rule of its own and `otherTools` left out) is left out,
 * because a host reads every scheme as a way to call the tool.
 *
 * @throws {@link TypeError} for a gate without an `mcpPolicy`
 * @example
 * ```ts
 * server.setRequestHandler('tools/list', () => ({ tools: describeTools(gate, tools) }));
 * ```
 * @group MCP
 * @see {@link https://developers.openai.com/apps-sdk/build/auth Apps SDK, Authentication}
 */
export function describeTools<S extends string, T extends NamedTool>(
  gate: Gate<S>,
  tools: readonly T[],
): (T & DescribedTool)[] {
  const policy = policyOf(gate, 'describeTools');
  const everything = new Set<string>(gate.scopes.names);
  return tools.flatMap((tool) => {
    const rule = ruleFor(policy, tool.name);
    if (!mayHold(rule, everything, gate.scopes)) return [];
    const schemes = toSchemes(rule, gate.scopes);
    const described = { ...tool._meta, securitySchemes: schemes };
    return [{ ...tool, securitySchemes: schemes, _meta: described }];
  });
}

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
export function visibleTools<S extends string, T extends NamedTool>(
  gate: Gate<S>,
  auth: unknown,
  tools: readonly T[],
): T[] {
  const policy = policyOf(gate, 'visibleTools');
  const granted = gate.issued(auth) ? new Set(auth.scopes) : undefined;
  return tools.filter(({ name }) => mayHold(ruleFor(policy, name), granted, gate.scopes));
}

/** Whether the rule may hold for these scopes, if its functions, conditions and logins hold. */
function mayHold(
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

interface NamedTool {
  readonly name: string;
  readonly _meta?: { readonly [name: string]: unknown } | undefined;
}

function policyOf(gate: Gate, caller: string): Policy {
  internalsOf(gate, caller);
  if (gate.policy === undefined) throw new TypeError(`${caller}: the gate has no policy`);
  return gate.policy;
}

function ruleFor(policy: Policy, name: string): CompiledRule {
  if (policy.reads !== 'body') throw new TypeError('expected a gate with an mcpPolicy');
  return policy.ruleOf({ protocol: 'mcp', method: 'tools/call', name });
}

function toSchemes(rule: CompiledRule, catalogue: ScopeCatalogue): SecurityScheme[] {
  const anonymous = rule.mayBePublic;
  const alternatives = anonymous
    ? rule.alternatives.filter(({ length }) => length > 0)
    : rule.alternatives;
  const { challenge } = evaluateCompiled(
    { ...rule, rule: deny(), alternatives },
    NO_SCOPES,
    catalogue,
  );
  const scopes = challenge.map((scope) => catalogue.requestName(scope));
  return [
    ...(anonymous ? [{ type: 'noauth' } as const] : []),
    ...(anonymous && alternatives.length === 0 ? [] : [{ type: 'oauth2', scopes } as const]),
  ];
}

const NO_SCOPES: ReadonlySet<string> = new Set();
