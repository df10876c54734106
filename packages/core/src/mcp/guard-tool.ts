/**
 * Evaluates a rule before the handler of a tool.
 *
 * @module
 */
import type { Gate } from '../gate/index.js';
import type { Rule } from '../policy/index.js';
import { guardHandler } from './guard-handler.js';
import type { GuardKind } from './guard-handler.js';
import { insufficientScopeResult } from './insufficient-scope-result.js';
import type { ToolRefusal } from './insufficient-scope-result.js';

/** Selects how a tool's refusal is sent: as an HTTP error, as a tool result with status 200, or as both. */
export type ChallengeStyle =
  /**
   * The refusal is the gate's 401 or 403, or a tool result if a byte of the answer has been sent before, or if
   * the request has no token.
   */
  | 'http'
  /** The refusal is a tool result with status 200. */
  | 'in-band'
  /** As `http`, but the body of the 401 or 403 is the tool result. */
  | 'both';

export interface GuardToolOptions {
  /** Selects how a refusal is sent. @default 'http' */
  readonly challengeStyle?: ChallengeStyle;
  /**
   * The tool's name, for refusals and for rules that read `operation.name`, if no `mcpPolicy` in front
   * knows it. Without the name, a rule that reads it does not hold.
   */
  readonly name?: string;
}

/**
 * Wraps the handler of a tool, for the MCP SDK v1 and v2: the handler runs only if the rule holds for
 * the request's `auth`, which this gate must have made. An `InsufficientScopeError` that the handler
 * throws is a refusal, too; throw it before anything is done, since the client will call again.
 *
 * The guard returns the refusal as a tool result, and `protect` and `gate.fetch` replace the answer with
 * that result by the 401 or 403. They cannot replace it if the tool has sent something before (progress,
 * a log line), if the request has no token, or if they do not guard the server's transport. A rule may read
 * the arguments, which the SDK has validated by then.
 *
 * A gate in front must verify the token. Give it `mcpPolicy(scopes, { otherTools: authenticated() })`
 * for tools that are guarded here.
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
  return guardHandler(TOOL, gate, rule, handler, options);
}

const TOOL: GuardKind<ToolRefusal> = {
  guard: 'guardTool',
  method: 'tools/call',
  styles: ['http', 'in-band', 'both'],
  read: (args) => ({ args: args.length > 1 ? args[0] : undefined }),
  inBand(refusal) {
    const result = insufficientScopeResult(refusal);
    return { message: { result }, answer: () => result };
  },
};
