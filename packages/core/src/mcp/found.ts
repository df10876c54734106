/**
 * The compiled rules of an MCP policy, and an operation that was found in them.
 *
 * @module
 */
import { unknownFact } from '../policy/index.js';
import type { CompiledRule, MatchedOperation, Operation, RulePart } from '../policy/index.js';
import type { ResourceRules } from './resource-rules.js';

/** The compiled rules of a policy. */
export interface RuleTable {
  readonly tools: ReadonlyMap<string, CompiledRule>;
  readonly prompts: ReadonlyMap<string, CompiledRule>;
  readonly resources: ResourceRules;
  readonly methods: ReadonlyMap<string, CompiledRule>;
  /** Handshake, lists, notifications, responses. */
  readonly protocol: CompiledRule;
  readonly tasks: CompiledRule;
  readonly otherTools: CompiledRule;
  readonly otherPrompts: CompiledRule;
  readonly otherMethods: CompiledRule;
  /** How many URIs one `subscriptions/listen` may name. */
  readonly maxSubscriptions: number;
}

export type Found = Pick<
  MatchedOperation,
  'kind' | 'operation' | 'label' | 'rule' | 'entry' | 'args' | 'parts'
>;

/** Makes a matched operation. `entry` is the policy's name for the rule. */
export function found(
  method: string,
  name: string | undefined,
  label: string,
  rule: CompiledRule,
  entry?: string,
  args?: unknown,
): Found {
  const operation: Operation =
    name === undefined ? { protocol: 'mcp', method } : { protocol: 'mcp', method, name };
  return { kind: 'operation', operation, label, rule, entry, args };
}

/** One question for each name that a reader may know the operation's resource by. */
export function byEachName(
  names: readonly string[],
  { rule, operation, args }: RulePart,
): readonly RulePart[] {
  return names.map((name) => ({ rule, operation: { ...operation, name }, args }));
}

/** An operation whose name is not known: a rule that reads the name does not hold. */
export function unnamed(method: string): Operation {
  return Object.freeze({
    protocol: 'mcp',
    method,
    get name() {
      return unknownFact('operation.name');
    },
  });
}
