/**
 * The contract of a policy, which returns for each request its operation and its rule.
 *
 * @module
 */
import type { JsonRpcId } from '../challenge/index.js';
import type { GateRequest } from '../types.js';
import type { CompiledRule, Operation, Rule } from './types.js';

/** A rule, and the facts about the request from which its functions and conditions decide. */
export interface RulePart {
  readonly rule: CompiledRule;
  /**
   * The operation. Reading a member of it that is not known throws (`unknownFact`), so that the function or
   * condition that reads it does not hold.
   */
  readonly operation: Operation;
  readonly args?: unknown;
}

/** An operation with its rule, and the form of its refusal. */
export interface MatchedOperation {
  readonly kind: 'operation';
  readonly operation: Operation;
  /** The name of the operation in `error_description`, such as `add_note` or `GET /mcp/export`. */
  readonly label: string;
  readonly rule: CompiledRule;
  /**
   * The name of the policy's entry, such as `tools/call add_note`, for logs and metrics. It is one of a fixed
   * set of names; absent if the policy does not name the operation.
   */
  readonly entry?: string | undefined;
  readonly args?: unknown;
  /**
   * The parts of the rule, present if functions and conditions must decide from other facts than `operation`
   * and `args`. Each part decides from its own facts, and all parts must hold. `rule` combines the rules of
   * all parts.
   */
  readonly parts?: readonly RulePart[] | undefined;
  /** The id of a JSON-RPC call, whose refusal is a JSON-RPC error; absent for other requests. */
  readonly rpcId?: JsonRpcId;
  /** Whether the challenge repeats the scopes that the token has (revisions of MCP up to 2025-11-25). */
  readonly repeatGranted?: boolean;
}

/** A request that is refused because its operation cannot be determined. */
export interface Fault {
  readonly kind: 'fault';
  readonly fault:
    | 'invalid_body'
    | 'header_mismatch'
    | 'method_not_allowed'
    | 'body_timeout'
    | 'body_too_large'
    | 'unsupported_body';
  /** A text for people, which is sent to the client. */
  readonly message: string;
  /** The JSON-RPC error code. The HTTP status is the code if it is 405, 408, 413 or 415, else 400. */
  readonly code: number;
  readonly rpcId: JsonRpcId;
}

/** The limits of size and time for reading a body. */
export interface BodyBounds {
  /** Maximum size in bytes. */
  readonly bodyLimit: number;
  /** Maximum time in milliseconds. */
  readonly bodyTimeout: number;
}

/** A body that was read, for a policy to evaluate; `value` is `undefined` if the request has no body. */
export interface ReadBody {
  readonly value: unknown;
}

/** An operation that a policy names, and its rule. */
export interface PolicyEntry<S extends string = string> {
  readonly operation: Operation;
  readonly rule: Rule<S>;
  /** The name of the {@link PolicyDefault} that would apply if the policy had no rule for the operation. */
  readonly otherwise?: string;
}

/** The rule of a policy for operations that it does not name. */
export interface PolicyDefault<S extends string = string> {
  /** The name of the option that contains the rule, such as `otherTools`; `otherRoutes` for `httpPolicy`. */
  readonly name: string;
  /** A description of the operations to which the rule applies, such as `any other tool`. */
  readonly label: string;
  readonly rule: Rule<S>;
}

/** Returns the name of an entry: `tools/call add_note`, `GET /notes/{id}`, or the method by itself. */
export function entryName({ method, name }: Pick<Operation, 'method' | 'name'>): string {
  return name === undefined ? method : `${method} ${name}`;
}

/**
 * A policy assigns a rule to every operation. Operations that it does not name get a default rule, which
 * denies unless an option sets another one.
 */
export interface Policy<S extends string = string> {
  /**
   * The part of the request in which the policy finds the operation. A policy that reads the path needs the
   * path that the application gets, so `gate.route` and the guards of frameworks refuse it.
   */
  readonly reads: 'path' | 'body';
  /** The scopes that the rules name. Their type lets TypeScript compare a policy with a catalogue. */
  readonly scopes: readonly S[];
  /**
   * Whether a request without a token may still be allowed. If this is `false`, such a request is refused
   * before its body is read.
   */
  readonly mayBePublic: boolean;
  /**
   * Reads the body that names the operation. The reader belongs to the policy, so that bundles without a
   * policy that reads bodies do not contain it. Returns `undefined`, without reading, if the operation does
   * not depend on the body.
   */
  readBody(
    request: GateRequest,
    bounds: BodyBounds,
  ): ReadBody | Fault | Promise<ReadBody | Fault> | undefined;
  /** Returns the operation of a request with its rule. `body` is the `value` that `readBody` gave. */
  match(request: GateRequest, body: unknown): MatchedOperation | Fault;
  /**
   * Returns the rule of an operation of which only protocol, method and name are known, for lists and
   * scope maps. If these do not determine the rule, the returned rule denies.
   */
  ruleOf(operation: Operation): CompiledRule;
  /**
   * Returns the rule of tasks that the operation started, where that is not the rule of the operation itself;
   * otherwise `undefined`. Only a gate with `ownership` calls it.
   */
  taskRuleOf?(operation: Operation): CompiledRule | undefined;
  /**
   * Returns the rules that {@link taskRuleOf} finds, for the scope map. The method of such an entry is
   * `tasks/*`, and its name is that of the tool.
   */
  taskEntries?(): readonly PolicyEntry<S>[];
  /**
   * Returns a warning that names the option to set, for an operation that the policy denies only because
   * nothing names it; `undefined` for every other operation.
   */
  adviseRow?(operation: Operation): string | undefined;
  /** Returns every operation that has a rule of its own, for the scope map. */
  entries(): readonly PolicyEntry<S>[];
  /** Returns the rules of all other operations, for the scope map. */
  defaults(): readonly PolicyDefault<S>[];
  /**
   * Refuses a verifier whose tokens may lack what the policy's protocol requires of them.
   *
   * @throws {@link TypeError} naming the option of the verifier
   */
  checkVerifier?(verifier: object): void;
}
