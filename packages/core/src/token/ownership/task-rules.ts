/**
 * Combines the rule of a request with the rules of the operations that began its tasks.
 *
 * @module
 */
import { allOf, compileRule, unknownFact } from '../../policy/index.js';
import type { CompiledRule, MatchedOperation, Policy, RulePart } from '../../policy/index.js';
import type { OpenedId, OriginOperation } from '../index.js';

/**
 * Returns the operation with the rules of the operations that began its tasks. A method of tasks that the
 * policy does not name needs these rules alone, if the origin of each task is known. Every other operation
 * needs its own rule, too.
 */
export function withRulesOf(
  matched: MatchedOperation,
  opened: readonly OpenedId[],
  policy: Policy | undefined,
): MatchedOperation {
  const { operation } = matched;
  const origins = opened.flatMap(({ operation: origin }) => origin ?? []);
  const [first] = origins;
  if (first === undefined || policy === undefined) return matched;
  const begun = origins.map((origin) => partOf(origin, policy));
  const hasOwnRule = !operation.method.startsWith('tasks/') || matched.entry === operation.method;
  const parts =
    hasOwnRule || begun.length < opened.length ? [...ownParts(matched), ...begun] : begun;
  const rule = parts.length === 1 ? (parts[0] as RulePart).rule : combined(parts);
  const { kind, label, entry, args, rpcId, repeatGranted } = matched;
  return {
    ...{ kind, operation, label, rule, entry, args, parts },
    ...(rpcId !== undefined && { rpcId }),
    repeatGranted: repeatGranted === true,
  };
}

/**
 * The rule of the operation that began a task. Its arguments are not known any more, so a function or
 * condition that reads them does not hold.
 */
function partOf({ method, name }: OriginOperation, policy: Policy): RulePart {
  const operation = Object.freeze({
    protocol: 'mcp' as const,
    method,
    ...(name !== undefined && { name }),
  });
  const rule = policy.taskRuleOf?.(operation) ?? policy.ruleOf(operation);
  return {
    rule,
    operation,
    get args() {
      return unknownFact('args');
    },
  };
}

function ownParts(matched: MatchedOperation): readonly RulePart[] {
  const { parts, rule, operation, args } = matched;
  return parts ?? [{ rule, operation, args }];
}

function combined(parts: readonly RulePart[]): CompiledRule {
  const [first, ...others] = [...new Set(parts.map(({ rule }) => rule.rule))];
  if (first === undefined) throw new TypeError('an operation needs a rule');
  return compileRule(others.length === 0 ? first : allOf(first, ...others), undefined, 'task');
}
