/**
 * The policy over JSON-RPC: which rule an MCP request falls under.
 *
 * @module
 */
import { checkKind } from '../options.js';
import type { NumberKind } from '../options.js';
import {
  anyOf,
  authenticated,
  compileRule,
  deny,
  publicAccess,
  refuseOverlappingTexts,
} from '../policy/index.js';
import type {
  BodyNeed,
  CompiledRule,
  Fault,
  Judgement,
  Policy,
  PolicyDefault,
  PolicyEntry,
  Rule,
} from '../policy/index.js';
import { defineScopes, isScopeCatalogue } from '../scope/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import type { GateRequest } from '../types.js';
import { has } from '../values.js';
import { checkHeaders, isStateless } from './check-headers.js';
import { defaultFor, findRule } from './find-rule.js';
import type { RuleTable } from './found.js';
import { readMessage } from './read-message.js';
import { ResourceRules } from './resource-rules.js';

type Rules<S extends string> = Readonly<Record<string, Rule<S>>>;

export interface McpPolicyOptions<S extends string = string> {
  /** Rules by tool name. */
  readonly tools?: Rules<S>;
  /** Rules by prompt name. */
  readonly prompts?: Rules<S>;
  /** Rules by URI, or by a template such as `notes://{id}` whose variables are whole segments. */
  readonly resources?: Rules<S>;
  /** Rules by JSON-RPC method, for methods that have no table of their own. */
  readonly methods?: Rules<S>;
  /** One rule for all `tasks/...` methods. Whose task it is, the server checks. @default deny() */
  readonly tasks?: Rule<S>;
  /**
   * What every caller must have at least, for the handshake, lists and notifications.
   *
   * @default authenticated()
   */
  readonly floor?: Rule<S>;
  /**
   * Let the handshake, lists and notifications run without a token: for servers with public tools.
   *
   * @default false
   */
  readonly anonymous?: boolean;
  /** What tools without a rule need. @default deny() */
  readonly otherTools?: Rule<S>;
  /** @default deny() */
  readonly otherPrompts?: Rule<S>;
  /** Never applies to a URI that is not in normal form: that is a 400. @default deny() */
  readonly otherResources?: Rule<S>;
  /** @default deny() */
  readonly otherMethods?: Rule<S>;
  /**
   * How many URIs one `subscriptions/listen` may name; more are a 400. Each is judged by itself, and a
   * function in a rule is asked about each.
   *
   * @default 100
   */
  readonly maxSubscriptions?: number;
}

/**
 * Makes the policy of an MCP server, for both wires: sessions (up to 2025-11-25) and stateless
 * requests (from 2026-07-28).
 *
 * What no table names is denied, unless an `other...` option says otherwise. The rule is chosen by
 * the body alone; headers that disagree with it get the request refused. Names are compared exactly.
 *
 * URIs of resources must be in normal form (RFC 3986 s6.2.2) and have at most 2,048 characters, and
 * whoever reads one decoded, in another case or cut at `;`, `?` or `#` must come to the same rule; else
 * the request is a 400. Aliases that a file system makes by itself, such as links and short names, are
 * the server's to know.
 *
 * Who owns a task, a session or a handle is the server's to check, with `auth.bindingKey`; a
 * token that names no subject has none, and owns nothing.
 *
 * @throws {@link TypeError} naming the option: an unknown scope, an unsupported template, a method
 * that has a table of its own
 * @group MCP
 */
export function mcpPolicy<const S extends string>(
  scopes: ScopeCatalogue<S> | readonly S[],
  options: McpPolicyOptions<NoInfer<S>>,
): Policy<S> {
  const catalogue: ScopeCatalogue = isScopeCatalogue(scopes) ? scopes : defineScopes(scopes);
  return new McpPolicy(catalogue, options) as unknown as Policy<S>;
}

const TABLES = ['tools', 'prompts', 'resources', 'methods'] as const;
const SINGLE = ['tasks', 'otherTools', 'otherPrompts', 'otherResources', 'otherMethods'] as const;
const OPTIONS = new Set<string>([...TABLES, ...SINGLE, 'floor', 'anonymous', 'maxSubscriptions']);

const MAX_SUBSCRIPTIONS = 100;
const URIS: NumberKind = { min: 1, max: 10_000, unit: 'URIs', integer: true };

class McpPolicy implements Policy {
  readonly reads = 'body';
  readonly scopes: readonly string[];
  readonly mayBePublic: boolean;
  readonly #table: RuleTable;
  readonly #entries: readonly PolicyEntry[];
  readonly #defaults: readonly PolicyDefault[];

  constructor(catalogue: ScopeCatalogue, options: McpPolicyOptions) {
    checkOptions(options);
    const compile = (rule: Rule, path: string): CompiledRule => compileRule(rule, catalogue, path);
    const tables = TABLES.map((name) => compileTable(name, options[name], compile));
    const [tools, prompts, resources, methods] = tables as Required<Tables>;
    this.scopes = catalogue.names;
    refuseOverlappingTexts(resources, 'resources');
    const otherResources = compile(options.otherResources ?? deny(), 'otherResources');
    this.#table = {
      tools,
      prompts,
      resources: new ResourceRules(resources, otherResources),
      methods,
      protocol: compile(protocolRule(options), 'floor'),
      tasks: compile(options.tasks ?? deny(), 'tasks'),
      otherTools: compile(options.otherTools ?? deny(), 'otherTools'),
      otherPrompts: compile(options.otherPrompts ?? deny(), 'otherPrompts'),
      otherMethods: compile(options.otherMethods ?? deny(), 'otherMethods'),
      maxSubscriptions: options.maxSubscriptions ?? MAX_SUBSCRIPTIONS,
    };
    this.#entries = [
      ...[...tools].map(([name, rule]) => entry('tools/call', name, rule, 'otherTools')),
      ...[...prompts].map(([name, rule]) => entry('prompts/get', name, rule, 'otherPrompts')),
      ...[...resources].map(([name, rule]) =>
        entry('resources/read', name, rule, 'otherResources'),
      ),
      ...[...methods].map(([name, rule]) => entry(name, undefined, rule, defaultFor(name))),
    ];
    const { protocol, tasks, otherTools, otherPrompts, otherMethods } = this.#table;
    const defaults: Readonly<Record<DefaultName, CompiledRule>> = {
      floor: protocol,
      ...{ tasks, otherTools, otherPrompts, otherResources, otherMethods },
    };
    this.#defaults = DEFAULTS.map(([name, label]) =>
      Object.freeze({ name, label, rule: defaults[name].rule }),
    );
    this.mayBePublic = [
      ...tables.flatMap((table) => [...table.values()]),
      ...Object.values(defaults),
    ].some((rule) => rule.mayBePublic);
    Object.freeze(this);
  }

  bodyNeed(request: GateRequest): BodyNeed | Fault {
    switch (request.method) {
      case 'POST':
        return 'json';
      case 'GET':
      case 'HEAD':
      case 'DELETE':
        return 'empty';
      default:
        return {
          fault: 'method_not_allowed',
          code: 405,
          message: 'MCP uses POST, GET and DELETE',
          rpcId: null,
        };
    }
  }

  judge(request: GateRequest, body: unknown): Judgement | Fault {
    if (request.method !== 'POST') {
      const { method } = request;
      const operation = { protocol: 'mcp', method } as const;
      const rule = this.#table.protocol;
      return { operation, label: 'This session', rule, entry: method, repeatGranted: true };
    }
    const message = readMessage(body);
    if (has(message, 'fault')) return message;
    const stateless = isStateless(request, message);
    const mismatch = checkHeaders(request, message, stateless);
    if (mismatch !== undefined) return mismatch;
    const found = findRule(message, this.#table, stateless);
    if (has(found, 'fault')) return found;
    return { ...found, rpcId: message.id, repeatGranted: !stateless };
  }

  entries(): readonly PolicyEntry[] {
    return this.#entries;
  }

  defaults(): readonly PolicyDefault[] {
    return this.#defaults;
  }
}

/** What the options that name no operation of their own are about. */
const DEFAULTS = [
  ['floor', 'handshake, lists, notifications, sessions'],
  ['tasks', 'any task'],
  ['otherTools', 'any other tool'],
  ['otherPrompts', 'any other prompt'],
  ['otherResources', 'any other resource'],
  ['otherMethods', 'any other method'],
] as const;
type DefaultName = (typeof DEFAULTS)[number][0];

type CompiledTable = ReadonlyMap<string, CompiledRule>;
type Tables = [CompiledTable, CompiledTable, CompiledTable, CompiledTable];

/** Own members of the record only, into a map: a tool may be called `constructor`. */
function compileTable(
  name: string,
  rules: Rules<string> = {},
  compile: (rule: Rule, path: string) => CompiledRule,
): CompiledTable {
  return new Map(
    Object.entries(rules).map(([key, rule]) => [key, compile(rule, `${name}['${key}']`)]),
  );
}

function protocolRule(options: McpPolicyOptions): Rule {
  const floor = options.floor ?? authenticated();
  return options.anonymous === true ? anyOf(publicAccess(), floor) : floor;
}

function entry(
  method: string,
  name: string | undefined,
  rule: CompiledRule,
  otherwise: DefaultName,
): PolicyEntry {
  return Object.freeze({
    operation: Object.freeze({
      protocol: 'mcp' as const,
      method,
      ...(name !== undefined && { name }),
    }),
    rule: rule.rule,
    otherwise,
  });
}

function checkOptions(options: McpPolicyOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('mcpPolicy: expected options');
  }
  for (const name of Object.keys(options)) {
    if (!OPTIONS.has(name)) throw new TypeError(`mcpPolicy.${name}: unknown option`);
  }
  for (const name of TABLES) {
    const table = options[name];
    if (table !== undefined && (typeof table !== 'object' || table === null)) {
      throw new TypeError(`mcpPolicy.${name}: expected a record of rules`);
    }
  }
  if (options.anonymous !== undefined && typeof options.anonymous !== 'boolean') {
    throw new TypeError('mcpPolicy.anonymous: expected true or false');
  }
  if (options.maxSubscriptions !== undefined) {
    checkKind(options.maxSubscriptions, 'mcpPolicy.maxSubscriptions', URIS);
  }
  for (const method of Object.keys(options.methods ?? {})) {
    const table = METHODS_WITH_TABLE.get(method);
    if (table !== undefined) {
      throw new TypeError(`mcpPolicy.methods['${method}']: its rule belongs into ${table}`);
    }
  }
}

/** Methods whose rule depends on what they are about. */
const METHODS_WITH_TABLE: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'tools'],
  ['prompts/get', 'prompts'],
  ['resources/read', 'resources'],
  ['resources/subscribe', 'resources'],
  ['resources/unsubscribe', 'resources'],
  ['subscriptions/listen', 'resources'],
  ['completion/complete', 'prompts or resources'],
]);
