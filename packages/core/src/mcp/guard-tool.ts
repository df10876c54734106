/**
 * The rule around a tool's own handler.
 *
 * @module
 */
import { insideOf } from '../gate/index.js';
import type { Gate, Refusal } from '../gate/index.js';
import { compileRule } from '../policy/index.js';
import type { Auth, Rule } from '../policy/index.js';
import { readContext, toJudgement } from './guarded-call.js';
import { insufficientScopeResult } from './insufficient-scope-result.js';
import type { ToolRefusal } from './insufficient-scope-result.js';
import { carryRaised, raise } from './raise.js';

/** How a tool's refusal reaches the client. */
export type ChallengeStyle =
  /** As the gate's 401 or 403 wherever no byte of the answer is out, else in band. */
  | 'http'
  /** As a tool result, under 200. */
  | 'in-band'
  /** As a 401 or 403 whose body is the tool result. */
  | 'both';

export interface GuardToolOptions {
  /** @default 'http' */
  readonly challengeStyle?: ChallengeStyle;
  /** The tool's name for refusals, where no `mcpPolicy` stands in front that knows it. */
  readonly name?: string;
}

/**
 * Wraps the handler of a tool, for the MCP SDK v1 and v2: it runs only if the rule holds for the
 * request's `auth`, which must be of this gate. An `InsufficientScopeError` that it throws is a refusal
 * too; throw it before anything is done, since the client will call again.
 *
 * The refusal is returned in band, and put into its place as the true 403 by `protect` and
 * `gate.fetch`, unless the tool has sent something before (progress, a log line), or the transport is
 * none of theirs. A rule may look at the arguments, which the SDK has validated by then.
 *
 * Put a gate in front all the same, with `mcpPolicy(scopes, { otherTools: authenticated() })` for what
 * is judged here: it judges the token.
 *
 * @throws {@link TypeError} at once: no gate, an unknown scope, an unknown option
 * @example
 * ```ts
 * server.registerTool('add_note', { inputSchema }, guardTool(gate, 'notes:write', addNote));
 * ```
 * @group MCP
 */
export function guardTool<S extends string, Args extends readonly unknown[], Result>(
  gate: Gate<S>,
  rule: Rule<NoInfer<S>>,
  handler: (...args: Args) => Result | Promise<Result>,
  options: GuardToolOptions = {},
): (...args: Args) => Promise<Result | ToolRefusal> {
  const { authorizer } = insideOf(gate, 'guardTool');
  const compiled = compileRule(rule, gate.scopes, 'rule');
  const { challengeStyle, name } = checkOptions(handler, options);
  if (challengeStyle !== 'in-band') carryRaised(gate);
  const refuse = (refusal: Refusal, auth: Auth | undefined): ToolRefusal => {
    const result = insufficientScopeResult(refusal);
    if (challengeStyle !== 'in-band' && gate.issued(auth)) {
      raise(auth, { refusal, result, keepsBody: challengeStyle === 'both' });
    }
    return result;
  };
  return async (...args) => {
    // With arguments or without them, the context comes last.
    const context = readContext(args.at(-1));
    const { auth } = context;
    const call = {
      ...context,
      method: 'tools/call',
      name,
      args: args.length > 1 ? args[0] : undefined,
    };
    const { judgement, request } = toJudgement(authorizer, call, compiled);
    const decision = await authorizer.judgeCall(judgement, auth, request);
    if (!decision.allowed) return refuse(decision, auth);
    try {
      return await handler(...args);
    } catch (error) {
      const refusal = authorizer.refuseThrown(error, judgement, auth);
      if (refusal === undefined) throw error;
      return refuse(refusal, auth);
    }
  };
}

const STYLES: readonly ChallengeStyle[] = ['http', 'in-band', 'both'];

function checkOptions(
  handler: unknown,
  options: GuardToolOptions,
): { readonly challengeStyle: ChallengeStyle; readonly name: string | undefined } {
  if (typeof handler !== 'function') throw new TypeError('guardTool: expected a handler');
  for (const option of Object.keys(options)) {
    if (option !== 'challengeStyle' && option !== 'name') {
      throw new TypeError(`guardTool.${option}: unknown option`);
    }
  }
  const { challengeStyle = 'http', name } = options;
  if (!STYLES.includes(challengeStyle)) {
    throw new TypeError(`guardTool.challengeStyle: expected one of ${STYLES.join(', ')}`);
  }
  return { challengeStyle, name };
}
