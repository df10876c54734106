/**
 * Makes the operation that a message asks for, matched with its rule.
 *
 * @module
 */
import { unknownFact } from '../policy/index.js';
import type { CompiledRule, MatchedOperation, Operation, RulePart } from '../policy/index.js';
import type { Message } from './read-message.js';
import type { RuleTable } from './rule-table.js';

/** The input of the search for a rule. */
export interface Lookup {
  readonly message: Message;
  readonly table: RuleTable;
  /** Whether the client speaks 2026-07-28 or newer. */
  readonly isStateless: boolean;
}

/** A rule, and the facts of the operation for which it was found. */
export interface Match {
  /** The tool, prompt, resource or task that the message names. */
  readonly name?: string | undefined;
  /** The name of the operation in refusals, for people. */
  readonly label: string;
  readonly rule: CompiledRule;
  /** The name of the operation in logs, one of a fixed set; `undefined` if the policy does not name it. */
  readonly entry?: string | undefined;
  readonly args?: unknown;
  readonly parts?: readonly RulePart[] | undefined;
}

/**
 * Makes the matched operation. It is one object literal, because a spread would cost more than the
 * search for the rule.
 */
export function toMatchedOperation(
  { message, isStateless }: Lookup,
  { name, label, rule, entry, args, parts }: Match,
): MatchedOperation {
  return {
    kind: 'operation',
    operation: toOperation(message.method ?? 'response', name),
    label,
    rule,
    entry,
    args,
    parts,
    rpcId: message.id,
    repeatGranted: !isStateless,
  };
}

export function toOperation(method: string, name: string | undefined): Operation {
  return name === undefined ? { protocol: 'mcp', method } : { protocol: 'mcp', method, name };
}

/** Makes a part for each name by which a reader may know the operation's resource. */
export function partsByName(
  names: readonly string[],
  { rule, operation, args }: RulePart,
): readonly RulePart[] {
  return names.map((name) => ({ rule, operation: { ...operation, name }, args }));
}

/** Returns an operation whose name is not known: a rule that reads the name does not hold. */
export function unnamedOperation(method: string): Operation {
  return Object.freeze({
    protocol: 'mcp',
    method,
    get name() {
      return unknownFact('operation.name');
    },
  });
}
