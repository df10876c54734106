/**
 * The rule of an operation that is given by its names alone, without a message.
 *
 * @module
 */
import { compileRule, deny } from '../policy/index.js';
import type { CompiledRule, Operation } from '../policy/index.js';
import { defaultFor } from './find-rule.js';
import type { RuleTable } from './found.js';

/**
 * Looks up the rule of an operation. Total: an operation of another protocol, and a URI that is not in
 * normal form, are denied. So are subscriptions and completions: their rule follows from what their
 * params name.
 */
export function ruleOf({ protocol, method, name }: Operation, table: RuleTable): CompiledRule {
  if (protocol !== 'mcp') return DENIED;
  switch (method) {
    case 'tools/call':
      return (name === undefined ? undefined : table.tools.get(name)) ?? table.otherTools;
    case 'prompts/get':
      return (name === undefined ? undefined : table.prompts.get(name)) ?? table.otherPrompts;
    case 'resources/read':
    case 'resources/subscribe':
    case 'resources/unsubscribe':
      return (name === undefined ? undefined : table.resources.find(name)?.rule) ?? DENIED;
    case 'subscriptions/listen':
    case 'completion/complete':
      return DENIED;
    // A session, and what a client answers to the server.
    case 'GET':
    case 'HEAD':
    case 'DELETE':
    case 'response':
      return table.protocol;
    default:
      return table.methods.get(method) ?? ruleByDefault(method, table);
  }
}

function ruleByDefault(method: string, table: RuleTable): CompiledRule {
  const name = defaultFor(method);
  return name === 'floor' ? table.protocol : table[name];
}

const DENIED = compileRule(deny(), undefined, 'deny');
