/**
 * From a message to its rule. Total: whatever is not found here is denied.
 *
 * @module
 */
import { entryName } from '../policy/index.js';
import type { CompiledRule, Fault } from '../policy/index.js';
import { ownMember } from '../values.js';
import { byRequiredUri, completion, listen } from './find-resource.js';
import { found } from './found.js';
import type { Found, RuleTable } from './found.js';
import { invalid } from './read-message.js';
import type { Message } from './read-message.js';

/** Methods that do nothing by themselves: their rule is the floor. */
const PROTOCOL = new Set([
  ...['initialize', 'ping', 'server/discover', 'logging/setLevel'],
  ...['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'],
]);

/**
 * Finds the rule, by the body's method and by the name or URI it is about.
 *
 * @param stateless - whether the client speaks 2026-07-28 or newer
 */
export function findRule(message: Message, table: RuleTable, stateless: boolean): Found | Fault {
  const { method } = message;
  if (method === undefined) {
    return found('response', undefined, 'This response', table.protocol, 'response');
  }
  switch (method) {
    case 'tools/call':
      return byName(message, table.tools, table.otherTools, 'This tool');
    case 'prompts/get':
      return byName(message, table.prompts, table.otherPrompts, 'This prompt');
    case 'resources/subscribe':
    case 'resources/unsubscribe':
      // Removed in 2026-07-28: without a URI it is an unknown method, which the server must answer with
      // 404, so it is no 400 here (MCP 2026-07-28, Streamable HTTP).
      return stateless && ownMember(message.params, 'uri') === undefined
        ? byMethod(method, message, table)
        : byRequiredUri(method, message, table);
    case 'resources/read':
      return byRequiredUri(method, message, table);
    case 'subscriptions/listen':
      return listen(method, message, table);
    case 'completion/complete':
      return completion(method, message, table);
    default:
      return byMethod(method, message, table);
  }
}

function byName(
  message: Message,
  rules: ReadonlyMap<string, CompiledRule>,
  other: CompiledRule,
  unknown: string,
): Found | Fault {
  const name = ownMember(message.params, 'name');
  if (typeof name !== 'string') return invalid('params.name is not a string', message.id);
  const rule = rules.get(name);
  const args = ownMember(message.params, 'arguments');
  // Only a configured name is repeated in the answer.
  const label = rule === undefined ? unknown : name;
  const method = message.method as string;
  const entry = rule === undefined ? undefined : entryName({ method, name });
  return found(method, name, label, rule ?? other, entry, args);
}

function byMethod(method: string, { params }: Message, table: RuleTable): Found {
  const rule = table.methods.get(method);
  const taskId = method.startsWith('tasks/') ? ownMember(params, 'taskId') : undefined;
  const name = typeof taskId === 'string' ? taskId : undefined;
  if (rule !== undefined) return found(method, name, method, rule, method, params);
  switch (defaultFor(method)) {
    case 'floor':
      return PROTOCOL.has(method)
        ? found(method, name, method, table.protocol, method, params)
        : found(method, name, 'This notification', table.protocol, 'notifications', params);
    case 'tasks':
      return found(method, name, 'This task', table.tasks, 'tasks', params);
    case 'otherMethods':
      return found(method, name, 'This method', table.otherMethods, undefined, params);
  }
}

/** The option whose rule holds for a method that no table names. */
export function defaultFor(method: string): 'floor' | 'tasks' | 'otherMethods' {
  if (PROTOCOL.has(method) || method.startsWith('notifications/')) return 'floor';
  return method.startsWith('tasks/') ? 'tasks' : 'otherMethods';
}
