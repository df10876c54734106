/**
 * The contract of a policy: for each request an operation with its rule.
 *
 * @module
 */
import type { JsonRpcId } from '../challenge/index.js';
import type { GateRequest } from '../types.js';
import type { CompiledRule, Operation, Rule } from './types.js';

/** A rule with the facts that it decides by. */
export interface RulePart {
  readonly rule: CompiledRule;
  /** Reading a member that is not known throws (`unknownFact`), so the rule that reads it does not hold. */
  readonly operation: Operation;
  readonly args?: unknown;
}

/** An operation with its rule, and the form of its refusal. */
export interface MatchedOperation {
  readonly kind: 'operation';
  readonly operation: Operation;
  /** The name of the operation in `error_description`: `add_note`, `GET /mcp/export`. */
  readonly label: string;
  readonly rule: CompiledRule;
  /**
   * The name of the policy's entry, such as `tools/call add_note`, for logs and metrics: one of a fixed
   * set. Absent if the policy does not name the operation.
   */
  readonly entry?: string | undefined;
  readonly args?: unknown;
  /**
   * Present if functions and conditions must be asked about other facts than `operation` and `args`: each
   * part is asked about its own facts, and all parts must hold. `rule` combines the rules of all parts.
   */
  readonly parts?: readonly RulePart[] | undefined;
  /** Present for a JSON-RPC call: the refusal is then a JSON-RPC error. */
  readonly rpcId?: JsonRpcId;
  /** Whether the challenge repeats the scopes that the token already has (revisions up to 2025-11-25). */
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
  /** The text for people, sent to the client. */
  readonly message: string;
  /** The JSON-RPC error code. The codes 405, 408, 413 and 415 are the HTTP status, too. */
  readonly code: number;
  readonly rpcId: JsonRpcId;
}

/** How much of a body may be read, and for how long. */
export interface BodyBounds {
  /** Maximum size in bytes. */
  readonly bodyLimit: number;
  /** Maximum time in milliseconds. */
  readonly bodyTimeout: number;
}

/** A body that a policy may evaluate; `value` is `undefined` if there is none. */
export interface ReadBody {
  readonly value: unknown;
}

/** An operation that a policy names, with the rule it was given. */
export interface PolicyEntry<S extends string = string> {
  readonly operation: Operation;
  readonly rule: Rule<S>;
  /** The name of the {@link PolicyDefault} that would apply to the operation if the policy had no rule for it. */
  readonly otherwise?: string;
}

/** The rule of a policy for operations that it does not name. */
export interface PolicyDefault<S extends string = string> {
  /** The option that holds the rule: `otherTools`. */
  readonly name: string;
  /** Describes the operations that the rule applies to: `any other tool`. */
  readonly label: string;
  readonly rule: Rule<S>;
}

/** The name of an entry: `tools/call add_note`, `GET /notes/{id}`, or the method by itself. */
export function entryName({ method, name }: Pick<Operation, 'method' | 'name'>): string {
  return name === undefined ? method : `${method} ${name}`;
}

/**
 * Gives every operation a rule. Operations that the policy does not name get a default rule, which denies
 * unless an option says otherwise.
 */
export interface Policy<S extends string = string> {
  /**
   * Where the policy finds the operation. A policy that reads the path needs the path that the application
   * gets, so only `gate.fetch` and the proxy accept it.
   */
  readonly reads: 'path' | 'body';
  /** Brands a policy with the scopes that its rules may name. */
  readonly scopes: readonly S[];
  /** Whether a request without a token may still be allowed. If not, it is refused before its body is read. */
  readonly mayBePublic: boolean;
  /**
   * Reads the body that names the operation. The policy brings the reader, so that bundles without it
   * leave it out. `undefined` if the operation does not depend on the body, which is then not read.
   */
  readBody(
    request: GateRequest,
    bounds: BodyBounds,
  ): ReadBody | Fault | Promise<ReadBody | Fault> | undefined;
  /** Returns the operation of a request with its rule. `body` is the `value` that `readBody` gave. */
  match(request: GateRequest, body: unknown): MatchedOperation | Fault;
  /**
   * Returns the rule of an operation of which only protocol, method and name are known, for lists and
   * scope maps. If these do not decide the rule, it is a denial.
   */
  ruleOf(operation: Operation): CompiledRule;
  /** Every operation that has a rule of its own, for the scope map. */
  entries(): readonly PolicyEntry<S>[];
  /** The rules of all other operations, for the scope map. */
  defaults(): readonly PolicyDefault<S>[];
}
