/**
 * Finds the rule of a message, or of an operation by its names. An operation that no table and no option
 * names is denied.
 *
 * @module
 */
import { anyOf, compileRule, deny, entryName } from '../policy/index.js';
import type { CompiledRule, Fault, MatchedOperation, Operation, Rule } from '../policy/index.js';
import { ownMember, ownText } from '../values.js';
import { byRequiredUri, completion, listen } from './find-resource.js';
import { toMatchedOperation } from './matched-operation.js';
import type { Lookup } from './matched-operation.js';
import { defaultFor, isProtocolMethod } from './policy-options.js';
import { invalid } from './read-message.js';
import type { RuleTable } from './rule-table.js';

/** Finds the rule by the body's method and by the name or URI in its params. */
export function findRule(lookup: Lookup): MatchedOperation | Fault {
  const { message, table, isStateless } = lookup;
  const { method, params } = message;
  if (method === undefined) {
    const label = 'This response';
    return toMatchedOperation(lookup, { label, rule: table.floor, entry: 'response' });
  }
  switch (method) {
    case 'tools/call':
      return byName(lookup, method, table.tools, table.otherTools, 'This tool');
    case 'prompts/get':
      return byName(lookup, method, table.prompts, table.otherPrompts, 'This prompt');
    case 'resources/subscribe':
    case 'resources/unsubscribe':
      // MCP 2026-07-28 removed these methods. A request without a URI has an unknown method there, which the
      // server must answer with 404, so the gate does not answer 400 (Streamable HTTP).
      return isStateless && ownMember(params, 'uri') === undefined
        ? byMethod(lookup, method)
        : byRequiredUri(lookup);
    case 'resources/read':
      return byRequiredUri(lookup);
    case 'subscriptions/listen':
      return listen(lookup, method);
    case 'completion/complete':
      return completion(lookup, method);
    default:
      return byMethod(lookup, method);
  }
}

/**
 * Looks up the rule of an operation that is given by its names alone. An operation of another protocol
 * is denied, and so is a URI that `mcpPolicy` answers with 400. `subscriptions/listen` and
 * `completion/complete` are denied too, since their rule depends on their params. The name of
 * `resources/templates/list` is a template in the list.
 */
export function ruleOf({ protocol, method, name }: Operation, table: RuleTable): CompiledRule {
  if (protocol !== 'mcp') return DENIED;
  if (method === 'resources/templates/list' && name !== undefined) {
    return ruleOfTemplate(name, table);
  }
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
    // Sessions, and the client's responses to the server.
    case 'GET':
    case 'HEAD':
    case 'DELETE':
    case 'response':
      return table.floor;
    default:
      return table.methods.get(method) ?? table[defaultFor(method)];
  }
}

/** Returns a rule that holds if some URI of the template may be read. It is for lists only. */
function ruleOfTemplate(template: string, { resources }: RuleTable): CompiledRule {
  const rules = resources.ofTemplate(template).map(({ rule }) => rule.rule);
  return compileRule(anyOf(...(rules as [Rule])), undefined, template);
}

const DENIED = compileRule(deny(), undefined, 'deny');

function byName(
  lookup: Lookup,
  method: string,
  rules: ReadonlyMap<string, CompiledRule>,
  other: CompiledRule,
  unknown: string,
): MatchedOperation | Fault {
  const { params, id } = lookup.message;
  const name = ownMember(params, 'name');
  if (typeof name !== 'string') return invalid('params.name is not a string', id);
  const rule = rules.get(name);
  const args = ownMember(params, 'arguments');
  // A refusal repeats a name only if a table has it, because clients choose all other names.
  return rule === undefined
    ? toMatchedOperation(lookup, { name, label: unknown, rule: other, args })
    : toMatchedOperation(lookup, {
        name,
        label: name,
        rule,
        entry: entryName({ method, name }),
        args,
      });
}

function byMethod(lookup: Lookup, method: string): MatchedOperation {
  const { message, table } = lookup;
  const { params: args } = message;
  const name = method.startsWith('tasks/') ? ownText(args, 'taskId') : undefined;
  const rule = table.methods.get(method);
  if (rule !== undefined) {
    return toMatchedOperation(lookup, { name, label: method, rule, entry: method, args });
  }
  const option = defaultFor(method);
  const [label, entry] = isProtocolMethod(method) ? [method, method] : DEFAULT_LABELS[option];
  return toMatchedOperation(lookup, { name, label, rule: table[option], entry, args });
}

/** The label and the entry of methods whose rule comes from an option. */
const DEFAULT_LABELS = {
  floor: ['This notification', 'notifications'],
  tasks: ['This task', 'tasks'],
  otherMethods: ['This method', undefined],
} as const;
