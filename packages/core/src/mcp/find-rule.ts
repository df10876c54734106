/**
 * From a message to its rule. Total: whatever is not found here is denied.
 *
 * @module
 */
import { allOf, compileRule, entryName } from '../policy/index.js';
import type { CompiledRule, Fault, Judgement, Operation, Rule } from '../policy/index.js';
import { own } from '../values.js';
import { invalid, isObject } from './read-message.js';
import type { Message } from './read-message.js';
import type { ResourceRules } from './resource-rules.js';

/** The compiled rules of a policy. */
export interface RuleTable {
  readonly tools: ReadonlyMap<string, CompiledRule>;
  readonly prompts: ReadonlyMap<string, CompiledRule>;
  readonly resources: ResourceRules<CompiledRule>;
  readonly methods: ReadonlyMap<string, CompiledRule>;
  /** Handshake, lists, notifications, responses. */
  readonly protocol: CompiledRule;
  readonly tasks: CompiledRule;
  readonly otherTools: CompiledRule;
  readonly otherPrompts: CompiledRule;
  readonly otherResources: CompiledRule;
  readonly otherMethods: CompiledRule;
  readonly denied: CompiledRule;
}

export type Found = Pick<Judgement, 'operation' | 'label' | 'rule' | 'entry' | 'args'>;

/** Methods that carry no operation of their own. */
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
      // Gone from 2026-07-28 on: without a URI it is one more unknown method, and the client is owed
      // the server's 404, not a 400 (MCP 2026-07-28, Streamable HTTP).
      return stateless && own(message.params, 'uri') === undefined
        ? byMethod(method, table)
        : byRequiredUri(method, message, table);
    case 'resources/read':
      return byRequiredUri(method, message, table);
    case 'subscriptions/listen':
      return listen(message, table);
    case 'completion/complete':
      return completion(message, table);
    default:
      return byMethod(method, table);
  }
}

function byName(
  message: Message,
  rules: ReadonlyMap<string, CompiledRule>,
  other: CompiledRule,
  unknown: string,
): Found | Fault {
  const name = own(message.params, 'name');
  if (typeof name !== 'string') return invalid('params.name is not a string', message.id);
  const rule = rules.get(name);
  const args = own(message.params, 'arguments');
  // Only a configured name is repeated to the caller.
  const label = rule === undefined ? unknown : name;
  const method = message.method as string;
  const entry = rule === undefined ? undefined : entryName({ method, name });
  return found(method, name, label, rule ?? other, entry, args);
}

function byRequiredUri(method: string, message: Message, table: RuleTable): Found | Fault {
  const uri = own(message.params, 'uri');
  return byUri(method, uri, table) ?? invalid('params.uri is not a string', message.id);
}

function byUri(method: string, uri: unknown, table: RuleTable): Found | undefined {
  if (typeof uri !== 'string') return undefined;
  const match = table.resources.find(uri);
  switch (match.kind) {
    case 'found':
      return found(method, uri, match.key, match.value, `resources/read ${match.key}`);
    case 'unknown':
      return found(method, uri, 'This resource', table.otherResources);
    case 'ambiguous':
      return found(method, uri, 'This resource', table.denied);
  }
}

/** A completion tells of what it completes: the prompt or resource it refers to decides. */
function completion(message: Message, table: RuleTable): Found | Fault {
  const { params, id } = message;
  const method = message.method as string;
  const ref = own(params, 'ref');
  if (!isObject(ref)) return invalid('params.ref is not an object', id);
  const type = own(ref, 'type');
  const name = own(ref, 'name');
  if (type === 'ref/prompt' && typeof name === 'string') {
    const rule = table.prompts.get(name);
    const label = rule === undefined ? 'This prompt' : name;
    const entry = rule === undefined ? undefined : `prompts/get ${name}`;
    return found(method, name, label, rule ?? table.otherPrompts, entry);
  }
  const uri = own(ref, 'uri');
  const resource = type === 'ref/resource' ? byTemplate(method, uri, table) : undefined;
  return resource ?? invalid('params.ref names neither a prompt nor a resource', id);
}

/** The reference is a template's text: a configured one by itself, another as one of its URIs. */
function byTemplate(method: string, uri: unknown, table: RuleTable): Found | undefined {
  if (typeof uri !== 'string' || table.resources.find(uri).kind === 'found') {
    return byUri(method, uri, table);
  }
  return byUri(method, uri.replaceAll(/\{[^{}]*\}/g, 'x'), table);
}

/** A subscription needs what each of the resources it asks for needs. */
function listen(message: Message, table: RuleTable): Found | Fault {
  const { params, id } = message;
  const method = message.method as string;
  const asked = own(params, 'notifications');
  const uris = isObject(asked) ? own(asked, 'resourceSubscriptions') : undefined;
  if (uris === undefined) {
    return found(method, undefined, 'This subscription', table.protocol, method);
  }
  if (!Array.isArray(uris)) return invalid('resourceSubscriptions is not a list', id);
  // A set: thousands of URIs may fall under a few rules.
  const rules = new Set<Rule>([table.protocol.rule]);
  for (const uri of uris as unknown[]) {
    const resource = byUri(method, uri, table);
    if (resource === undefined) return invalid('resourceSubscriptions holds no string', id);
    rules.add(resource.rule.rule);
  }
  const [first, ...others] = [...rules] as [Rule, ...Rule[]];
  const rule = compileRule(allOf(first, ...others), undefined, 'resourceSubscriptions');
  return found(method, undefined, 'This subscription', rule, method);
}

function byMethod(method: string, table: RuleTable): Found {
  const rule = table.methods.get(method);
  if (rule !== undefined) return found(method, undefined, method, rule, method);
  switch (defaultFor(method)) {
    case 'floor':
      return PROTOCOL.has(method)
        ? found(method, undefined, method, table.protocol, method)
        : found(method, undefined, 'This notification', table.protocol, 'notifications');
    case 'tasks':
      return found(method, undefined, 'This task', table.tasks, 'tasks');
    case 'otherMethods':
      return found(method, undefined, 'This method', table.otherMethods);
  }
}

/** The option whose rule holds for a method that no table names. */
export function defaultFor(method: string): 'floor' | 'tasks' | 'otherMethods' {
  if (PROTOCOL.has(method) || method.startsWith('notifications/')) return 'floor';
  return method.startsWith('tasks/') ? 'tasks' : 'otherMethods';
}

/** `entry` is what the policy calls the rule, however the operation came to it. */
function found(
  method: string,
  name: string | undefined,
  label: string,
  rule: CompiledRule,
  entry?: string,
  args?: unknown,
): Found {
  const operation: Operation =
    name === undefined ? { protocol: 'mcp', method } : { protocol: 'mcp', method, name };
  return { operation, label, rule, entry, args };
}
