/**
 * The options of an MCP policy.
 *
 * @module
 */
import { expect, readOptions } from '../options.js';
import type { NumberKind, Read } from '../options.js';
import type { Rule } from '../policy/index.js';

/** Rules by name. */
export type Rules<S extends string> = Readonly<Record<string, Rule<S>>>;

export interface McpPolicyOptions<S extends string = string> {
  /** Rules by tool name. */
  readonly tools?: Rules<S>;
  /** Rules by prompt name. */
  readonly prompts?: Rules<S>;
  /** Rules by URI, or by a template such as `notes://{id}` whose variables are whole segments. */
  readonly resources?: Rules<S>;
  /** Rules by JSON-RPC method, for methods that have no table of their own. */
  readonly methods?: Rules<S>;
  /**
   * One rule for all `tasks/...` methods that `methods` does not name. Where the gate has `ownership`, a request
   * that names a task has the rule of the tool that began the task instead; this rule then decides `tasks/list`,
   * and tasks whose id names no operation. Without `ownership`, the server must check who owns a task.
   *
   * @default deny()
   */
  readonly tasks?: Rule<S>;
  /**
   * Rules by tool name for the tasks that the tool begins, where the gate has `ownership`: for tools whose own
   * rule needs the arguments of the call, which are not known later.
   *
   * @default the rule of the tool
   */
  readonly taskRules?: Rules<S>;
  /**
   * The rule of the handshake, lists, notifications, responses and sessions, and a part of the rule of
   * `subscriptions/listen`. It is not asked for tools, prompts and resources, which have rules of their own.
   *
   * @default authenticated()
   */
  readonly floor?: Rule<S>;
  /**
   * Whether everything that `floor` governs also runs without a token, for servers with public tools.
   *
   * @default false
   */
  readonly anonymous?: boolean;
  /** The rule of tools that `tools` does not name. @default deny() */
  readonly otherTools?: Rule<S>;
  /** The rule of prompts that `prompts` does not name. @default deny() */
  readonly otherPrompts?: Rule<S>;
  /** The rule of URIs that no key matches. A URI that is not in normal form is a 400. @default deny() */
  readonly otherResources?: Rule<S>;
  /** The rule of methods that `methods` does not name and that no other option is for. @default deny() */
  readonly otherMethods?: Rule<S>;
  /**
   * How many URIs one `subscriptions/listen` may name; more are a 400. The rule of each URI must hold, and
   * a function in a rule is called for each.
   *
   * @default 100
   */
  readonly maxSubscriptions?: number;
}

/** The options with their defaults. */
export type PolicySettings = Read<McpPolicyOptions, 'anonymous' | 'maxSubscriptions'>;

const URIS: NumberKind = { min: 1, max: 10_000, unit: 'URIs', integer: true };

/**
 * Checks the options and adds the defaults.
 *
 * @throws {@link TypeError} naming the option
 */
export function readPolicyOptions(options: McpPolicyOptions): PolicySettings {
  const settings = readOptions<McpPolicyOptions, 'anonymous' | 'maxSubscriptions'>(
    options,
    {
      tools: ['an object'],
      prompts: ['an object'],
      resources: ['an object'],
      methods: ['an object'],
      // `compileRule` checks rules.
      tasks: ['any'],
      taskRules: ['an object'],
      floor: ['any'],
      otherTools: ['any'],
      otherPrompts: ['any'],
      otherResources: ['any'],
      otherMethods: ['any'],
      anonymous: ['a boolean', false],
      maxSubscriptions: [URIS, 100],
    },
    'mcpPolicy',
  );
  for (const method of Object.keys(settings.methods ?? {})) {
    const table = METHODS_WITH_TABLE.get(method);
    const isFree = table === undefined;
    expect(isFree, `mcpPolicy.methods['${method}']`, `its rule belongs into ${table}`);
  }
  return settings;
}

/** Methods of the protocol itself, whose rule is `floor` unless `methods` names them: they run no tool. */
const PROTOCOL_METHODS: ReadonlySet<string> = new Set([
  ...['initialize', 'ping', 'server/discover', 'logging/setLevel'],
  ...['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'],
]);

export function isProtocolMethod(method: string): boolean {
  return PROTOCOL_METHODS.has(method);
}

/** Returns the option whose rule applies to a method that no table names. */
export function defaultFor(method: string): 'floor' | 'tasks' | 'otherMethods' {
  if (isProtocolMethod(method) || method.startsWith('notifications/')) return 'floor';
  return method.startsWith('tasks/') ? 'tasks' : 'otherMethods';
}

/** Methods whose rule depends on the tool, prompt or resource that they name, with the option that has it. */
const METHODS_WITH_TABLE: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'tools'],
  ['prompts/get', 'prompts'],
  ['resources/read', 'resources'],
  ['resources/subscribe', 'resources'],
  ['resources/unsubscribe', 'resources'],
  ['subscriptions/listen', 'resources'],
  ['completion/complete', 'prompts or resources'],
]);
