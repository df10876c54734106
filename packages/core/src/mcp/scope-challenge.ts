/**
 * Makes a `scopeChallenge` of the MCP SDK from a rule.
 *
 * @module
 */
import { internalsOf } from '../gate/index.js';
import type { Gate, Refusal } from '../gate/index.js';
import { compileRule } from '../policy/index.js';
import type { Auth, Rule } from '../policy/index.js';
import { isSelfContained, ownMember, ownText } from '../values.js';
import { matchServerCall } from './server-call.js';
import type { ServerCall } from './server-call.js';

/** The context that the SDK passes before a tool, prompt or resource runs. */
export interface ScopeChallengeContext {
  readonly request: { readonly method: string; readonly params?: unknown };
  readonly authInfo?: unknown;
}

/** The facts from which the SDK makes its 403. */
export interface ScopeChallenge {
  readonly scopes: readonly [string, ...string[]];
  readonly errorDescription?: string;
}

/**
 * Makes a `scopeChallenge` for `registerTool`, `registerPrompt` and `registerResource` of
 * `@modelcontextprotocol/server` 2.4 and newer: the SDK calls it before the handler runs, and makes a
 * 403 of its own with the scopes, the description and the metadata URL of the gate's 403.
 *
 * The SDK runs the handler if the result is `undefined`. So a refusal that no scope can change (a
 * denial, a condition or login that does not hold, a call without an `auth` of this gate, params that hold
 * `__proto__` or nest too deep) throws, and the SDK answers 500. A gate in front must verify the token.
 *
 * @throws {@link TypeError} at once: no gate, an unknown scope
 * @example
 * ```ts
 * const config = { inputSchema, scopeChallenge: scopeChallenge(gate, 'notes:write') };
 * server.registerTool('add_note', config, addNote);
 * ```
 * @group MCP
 */
export function scopeChallenge<S extends string>(
  gate: Gate<S>,
  rule: Rule<NoInfer<S>>,
): (context: ScopeChallengeContext) => Promise<ScopeChallenge | undefined> {
  const { authorizer } = internalsOf(gate, 'scopeChallenge');
  const compiled = compileRule(rule, gate.scopes, 'rule');
  return async (context) => {
    const call = readCall(context);
    if (!isSelfContained(context.request.params)) {
      throw new Error('The params hold a member named __proto__, or nest too deep');
    }
    const { matched, request } = matchServerCall(authorizer, call, compiled);
    const decision = await authorizer.authorizeCall(matched, call.auth, request);
    return decision.allowed ? undefined : toChallenge(decision, matched.label);
  };
}

function readCall({ request, authInfo }: ScopeChallengeContext): ServerCall {
  const { method, params } = request;
  return {
    auth: authInfo as Auth | undefined,
    method,
    name: ownText(params, method === 'resources/read' ? 'uri' : 'name'),
    args: ownMember(params, 'arguments'),
    // The SDK answers with an id of its own.
    id: undefined,
    headers: { get: () => null },
  };
}

/** Returns the scopes and the description of the gate's challenge. It throws if no scope would help. */
function toChallenge(refusal: Refusal, label: string): ScopeChallenge {
  const { challenge } = refusal;
  const [first, ...others] = challenge?.scopes ?? [];
  if (challenge?.error !== 'insufficient_scope' || first === undefined) {
    const { status, reason } = refusal;
    throw new Error(`${label}: refused with ${status} (${reason}), which no scope can cure`);
  }
  const { description } = challenge;
  return {
    scopes: [first, ...others],
    ...(description !== undefined && { errorDescription: description }),
  };
}
