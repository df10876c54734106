/**
 * Evaluates a rule before a handler of an MCP server. The guards of tools, prompts and resources share
 * this part.
 *
 * @module
 */
import { internalsOf } from '../gate/index.js';
import type { Gate, Refusal } from '../gate/index.js';
import { readOptions } from '../options.js';
import type { Read } from '../options.js';
import { compileRule } from '../policy/index.js';
import type { Auth, Rule } from '../policy/index.js';
import { enablePendingRefusals, storeRefusal } from './pending-refusals.js';
import type { InBandMessage } from './pending-refusals.js';
import { matchServerCall, readContext } from './server-call.js';
import type { ServerCall } from './server-call.js';

/** The differences between guards of tools, prompts and resources. */
export interface GuardKind<Answer> {
  /** The name of the guard's function in error messages, such as `guardTool`. */
  readonly guard: string;
  readonly method: string;
  /** The accepted values of `challengeStyle`; the first one is the default. */
  readonly styles: readonly string[];
  /** Reads the arguments that the SDK passes in front of its context. */
  readonly read: (args: readonly unknown[]) => Partial<Pick<ServerCall, 'name' | 'args'>>;
  /** Makes the message that the server sends for the refusal; `answer` returns or throws its content. */
  readonly inBand: (refusal: Refusal) => {
    readonly message: InBandMessage;
    readonly answer: () => Answer;
  };
}

interface GuardOptions {
  readonly challengeStyle?: string | undefined;
  readonly name?: string | undefined;
}

/**
 * Wraps a handler so that its rule is evaluated first. The arguments and the result are those of the
 * SDK's handler.
 */
export function guardHandler<S extends string, Args extends readonly unknown[], Result, Answer>(
  kind: GuardKind<Answer>,
  gate: Gate<S>,
  rule: Rule<NoInfer<S>>,
  handler: (...args: Args) => Result | Promise<Result>,
  options: GuardOptions,
): (...args: Args) => Promise<Result | Answer> {
  const { authorizer } = internalsOf(gate, kind.guard);
  const compiled = compileRule(rule, gate.scopes, 'rule');
  const { challengeStyle, name } = checkOptions(kind, handler, options);
  const isReplaced = challengeStyle !== 'in-band';
  if (isReplaced) enablePendingRefusals(gate);
  const refuse = (refusal: Refusal, auth: Auth | undefined): Answer => {
    const { message, answer } = kind.inBand(refusal);
    if (isReplaced && gate.issued(auth)) {
      storeRefusal(auth, { refusal, message, keepsBody: challengeStyle === 'both' });
    }
    return answer();
  };
  return async (...args) => {
    // The context is the last argument of every handler.
    const context = readContext(args.at(-1));
    const { auth } = context;
    const call = { ...context, method: kind.method, name, args: undefined, ...kind.read(args) };
    const { matched, request } = matchServerCall(authorizer, call, compiled);
    const decision = await authorizer.authorizeCall(matched, auth, request);
    if (!decision.allowed) return refuse(decision, auth);
    try {
      return await handler(...args);
    } catch (error) {
      const refusal = authorizer.refuseThrown(error, matched, auth, request);
      if (refusal === undefined) throw error;
      return refuse(refusal, auth);
    }
  };
}

function checkOptions(
  { guard, styles }: Pick<GuardKind<unknown>, 'guard' | 'styles'>,
  handler: unknown,
  options: GuardOptions,
): Read<GuardOptions, 'challengeStyle'> {
  if (typeof handler !== 'function') throw new TypeError(`${guard}: expected a handler`);
  return readOptions<GuardOptions, 'challengeStyle'>(
    options,
    { challengeStyle: [styles, styles[0]], name: ['a string'] },
    guard,
  );
}
