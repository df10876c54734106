/**
 * Describes the tools of a list by the scopes that they need. It enforces nothing: the gate decides about
 * every call.
 *
 * @module
 */
import type { Gate } from '../gate/index.js';
import { deny, evaluateCompiled } from '../policy/index.js';
import type { CompiledRule } from '../policy/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import { mayHold, mcpPolicyOf } from './visible-lists.js';

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
  const policy = mcpPolicyOf(gate, 'describeTools');
  const everything = new Set<string>(gate.scopes.names);
  return tools.flatMap((tool) => {
    const rule = policy.ruleOf({ protocol: 'mcp', method: 'tools/call', name: tool.name });
    if (!mayHold(rule, everything, gate.scopes)) return [];
    const schemes = toSchemes(rule, gate.scopes);
    const described = { ...tool._meta, securitySchemes: schemes };
    return [{ ...tool, securitySchemes: schemes, _meta: described }];
  });
}

interface NamedTool {
  readonly name: string;
  readonly _meta?: { readonly [name: string]: unknown } | undefined;
}

function toSchemes(rule: CompiledRule, catalogue: ScopeCatalogue): SecurityScheme[] {
  const anonymous = rule.isPublic;
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
