/**
 * Evaluates a rule before the handlers of prompts and resources.
 *
 * @module
 */
import type { Gate, Refusal } from '../gate/index.js';
import type { Rule } from '../policy/index.js';
import { ownMember } from '../values.js';
import { guardHandler } from './guard-handler.js';
import type { GuardKind } from './guard-handler.js';
import { readRefusalBody } from './refusal-body.js';

export interface GuardPromptOptions {
  /**
   * Selects how a refusal is sent. With `http` it is the gate's 401 or 403, or a JSON-RPC error if a
   * byte of the answer has been sent before, or if the request has no token. With `in-band` it is a JSON-RPC
   * error with status 200.
   *
   * @default 'http'
   */
  readonly challengeStyle?: 'http' | 'in-band';
  /**
   * The prompt's name, for refusals and for rules that read `operation.name`, if no `mcpPolicy` in front
   * knows it. Without the name, a rule that reads it does not hold.
   */
  readonly name?: string;
}

export type GuardResourceOptions = Pick<GuardPromptOptions, 'challengeStyle'>;

/**
 * Wraps the handler of a prompt, for the MCP SDK v1 and v2, as `guardTool` wraps a tool's. A prompt has
 * no result that says "refused", so the guard throws the refusal, and the SDK answers with the same
 * JSON-RPC error as the gate: its code is the status, and `data` names the scopes.
 *
 * @throws {@link TypeError} at once: no gate, an unknown scope, an unknown option
 * @example
 * ```ts
 * server.registerPrompt('audit', { argsSchema }, guardPrompt(gate, 'admin:notes', writeAudit));
 * ```
 * @group MCP
 */
export function guardPrompt<S extends string, Args extends readonly unknown[], Result>(
  gate: Gate<S>,
  rule: Rule<NoInfer<S>>,
  handler: (...args: Args) => Result | Promise<Result>,
  options: GuardPromptOptions = {},
): (...args: Args) => Promise<Result> {
  return guardHandler(PROMPT, gate, rule, handler, options);
}

/**
 * Wraps the handler of a resource or of a template of resources, for the MCP SDK v1 and v2, as
 * {@link guardPrompt} wraps a prompt's. A rule reads the URI in `operation.name`, and is evaluated for
 * each form in which a server may read it: see {@link RuleContext}.
 *
 * A subscription or a completion does not run this handler: for these, an `mcpPolicy` in front must have
 * a rule for the resource.
 *
 * @throws {@link TypeError} at once: no gate, an unknown scope, an unknown option
 * @example
 * ```ts
 * server.registerResource('note', template, {}, guardResource(gate, 'notes:read', readNote));
 * ```
 * @group MCP
 */
export function guardResource<S extends string, Args extends readonly unknown[], Result>(
  gate: Gate<S>,
  rule: Rule<NoInfer<S>>,
  handler: (...args: Args) => Result | Promise<Result>,
  options: GuardResourceOptions = {},
): (...args: Args) => Promise<Result> {
  return guardHandler(RESOURCE, gate, rule, handler, options);
}

const THROWN = { styles: ['http', 'in-band'], inBand: toThrown } as const;

const PROMPT: GuardKind<never> = {
  ...THROWN,
  guard: 'guardPrompt',
  method: 'prompts/get',
  read: (args) => ({ args: args.length > 1 ? args[0] : undefined }),
};

const RESOURCE: GuardKind<never> = {
  ...THROWN,
  guard: 'guardResource',
  method: 'resources/read',
  // The SDK passes the URI as a `URL`.
  read: (args) => ({ name: args.length > 1 ? String(args[0]) : undefined }),
};

/** An error that both SDKs turn into a JSON-RPC error with its `code`, `message` and `data`. */
class RefusedCall extends Error {
  override readonly name = 'RefusedCall';
  readonly code: unknown;
  readonly data: unknown;

  constructor({ code, message, data }: RpcError) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

interface RpcError {
  readonly code: unknown;
  readonly message: string;
  readonly data: unknown;
}

function toThrown(refusal: Refusal): ReturnType<GuardKind<never>['inBand']> {
  const error = toRpcError(refusal);
  return {
    message: { error },
    answer: () => {
      throw new RefusedCall(error);
    },
  };
}

/** Returns the JSON-RPC error in a refusal's body, or makes one if the body is an OAuth error. */
function toRpcError(refusal: Refusal): RpcError {
  const { kind, members, text } = readRefusalBody(refusal);
  const message = String(text);
  return kind === 'json-rpc'
    ? { code: ownMember(members, 'code'), message, data: ownMember(members, 'data') }
    : { code: refusal.status, message, data: members };
}
