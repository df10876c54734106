/**
 * The rule around a handler inside an MCP server: what guards of tools, prompts and resources share.
 *
 * @module
 */
import { internalsOf } from '../gate/index.js';
import type { Gate, Refusal } from '../gate/index.js';
import { readOptions } from '../options.js';
import type { Read } from '../options.js';
import { compileRule } from '../policy/index.js';
import type { Auth, Rule } from '../policy/index.js';
import { readContext, toMatchedOperation } from './guarded-call.js';
import type { ServerCall } from './guarded-call.js';
import { carryRaised, raise } from './raise.js';
import type { InBand } from './raise.js';

/** The differences between guards of tools, prompts and resources. */
export interface GuardKind<Answer> {
  /** For error messages: `guardTool`. */
  readonly guard: string;
  readonly method: string;
  /** How a refusal reaches the client; the first is the default. */
  readonly styles: readonly string[];
  /** What the SDK passed on, in front of its context. */
  readonly read: (args: readonly unknown[]) => Partial<Pick<ServerCall, 'name' | 'args'>>;
  /** The refusal as the server answers it by itself, and what to do in its place: return, or throw. */
  readonly inBand: (refusal: Refusal) => {
    readonly message: InBand;
    readonly answer: () => Answer;
  };
}

interface GuardOptions {
  readonly challengeStyle?: string | undefined;
  readonly name?: string | undefined;
}

/** Guards a handler. Its arguments and its result are those of its SDK. */
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
  const isRaised = challengeStyle !== 'in-band';
  if (isRaised) carryRaised(gate);
  const refuse = (refusal: Refusal, auth: Auth | undefined): Answer => {
    const { message, answer } = kind.inBand(refusal);
    if (isRaised && gate.issued(auth)) {
      raise(auth, { refusal, message, keepsBody: challengeStyle === 'both' });
    }
    return answer();
  };
  return async (...args) => {
    // With arguments or without them, the context comes last.
    const context = readContext(args.at(-1));
    const { auth } = context;
    const call = { ...context, method: kind.method, name, args: undefined, ...kind.read(args) };
    const { matched, request } = toMatchedOperation(authorizer, call, compiled);
    const decision = await authorizer.authorizeCall(matched, auth, request);
    if (!decision.allowed) return refuse(decision, auth);
    try {
      return await handler(...args);
    } catch (error) {
      const refusal = authorizer.refuseThrown(error, matched, auth);
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
