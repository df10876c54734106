/**
 * Makes the policy of MCP servers, which finds the rule of a JSON-RPC request.
 *
 * @module
 */
import { expect } from '../options.js';
import type {
  BodyBounds,
  CompiledRule,
  Fault,
  MatchedOperation,
  Operation,
  Policy,
  PolicyDefault,
  PolicyEntry,
} from '../policy/index.js';
import { defineScopes, isScopeCatalogue } from '../scope/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import { optOutsOf } from '../token/index.js';
import type { Verifier } from '../token/index.js';
import type { GateRequest } from '../types.js';
import { checkHeaders, speaksStateless } from './check-headers.js';
import { findRule, ruleOf } from './find-rule.js';
import { readPolicyOptions } from './policy-options.js';
import type { McpPolicyOptions, PolicySettings } from './policy-options.js';
import { expectNoBody, readJsonBody } from './read-body.js';
import { readMessage } from './read-message.js';
import { ResourceRules } from './resource-rules.js';
import { compileTable } from './rule-table.js';
import type { CompiledTable } from './rule-table.js';

/**
 * Makes the policy of an MCP server, for sessions (up to 2025-11-25) and stateless requests (from
 * 2026-07-28).
 *
 * The handshake, lists, notifications, responses and sessions have the rule `floor`. Any other operation that
 * no table names is denied, unless `tasks` or an `other...` option has a rule for it. The body alone decides
 * which rule applies; a request whose headers disagree with it is a 400. Names are compared exactly.
 *
 * URIs of resources must be in normal form (RFC 3986 s6.2.2) and have at most 2,048 characters. A URI
 * must lead to the same rule when it is decoded, written in another case or cut at `;`, `?` or `#`; else
 * the request is a 400. The gate cannot know the aliases of a file system, such as links and short
 * names: the server must check these.
 *
 * Without the gate's option `ownership`, the server must check who owns a task, a session or a handle, with
 * `auth.bindingKey`. A token without a subject has no key and owns nothing.
 *
 * @throws {@link TypeError} naming the option: an unknown scope, an unsupported template, keys that overlap, a
 * method that has a table of its own
 * @example
 * ```ts
 * const policy = mcpPolicy(scopes, {
 *   tools: { read_notes: 'notes:read', add_note: 'notes:write' },
 *   resources: { 'notes://{id}': 'notes:read' },
 * });
 * ```
 * @group MCP
 */
export function mcpPolicy<const S extends string>(
  scopes: ScopeCatalogue<S> | readonly S[],
  options: McpPolicyOptions<NoInfer<S>>,
): Policy<S> {
  const catalogue: ScopeCatalogue = isScopeCatalogue(scopes) ? scopes : defineScopes(scopes);
  return new McpPolicy(catalogue, options) as unknown as Policy<S>;
}

class McpPolicy implements Policy {
  readonly reads = 'body';
  readonly scopes: readonly string[];
  readonly mayBePublic: boolean;
  readonly #compiled: CompiledTable;
  readonly #settings: PolicySettings;

  constructor(catalogue: ScopeCatalogue, options: McpPolicyOptions) {
    this.#settings = readPolicyOptions(options);
    this.#compiled = compileTable(catalogue, this.#settings);
    this.scopes = catalogue.names;
    this.mayBePublic = this.#compiled.mayBePublic;
    Object.freeze(this);
  }

  readBody(request: GateRequest, bounds: BodyBounds): ReturnType<Policy['readBody']> {
    switch (request.method) {
      case 'POST':
        return readJsonBody(request, bounds);
      case 'GET':
      case 'HEAD':
      case 'DELETE':
        return expectNoBody(request, bounds);
      default:
        return {
          kind: 'fault',
          fault: 'method_not_allowed',
          code: 405,
          message: 'MCP uses POST, GET and DELETE',
          rpcId: null,
        };
    }
  }

  match(request: GateRequest, body: unknown): MatchedOperation | Fault {
    const { table } = this.#compiled;
    if (request.method !== 'POST') {
      const { method } = request;
      return {
        kind: 'operation',
        operation: { protocol: 'mcp', method },
        label: 'This session',
        rule: table.floor,
        entry: method,
        repeatGranted: true,
      };
    }
    const message = readMessage(body);
    if (message.kind === 'fault') return message;
    const isStateless = speaksStateless(request, message);
    const mismatch = checkHeaders(request, message, isStateless);
    return mismatch ?? findRule({ message, table, isStateless });
  }

  ruleOf(operation: Operation): CompiledRule {
    return ruleOf(operation, this.#compiled.table);
  }

  taskRuleOf({ method, name }: Operation): CompiledRule | undefined {
    if (method !== 'tools/call' || name === undefined) return undefined;
    return this.#compiled.table.taskRules.get(name);
  }

  taskEntries(): readonly PolicyEntry[] {
    return this.#compiled.taskEntries;
  }

  adviseRow({ method, name }: Operation): string | undefined {
    const row = ROWS.get(method);
    if (row === undefined || name === undefined || name === '') return undefined;
    const [table, other] = row;
    if (this.#settings[other] !== undefined || this.#hasRow(table, name)) return undefined;
    return `${method} ${name} was denied, because mcpPolicy has no row for it: add ${table}: { '${name}': ... }, or set ${other}: deny() if that is meant`;
  }

  #hasRow(table: RowTable, name: string): boolean {
    const { [table]: rows } = this.#compiled.table;
    return rows instanceof ResourceRules ? rows.find(name)?.key !== undefined : rows.has(name);
  }

  entries(): readonly PolicyEntry[] {
    return this.#compiled.entries;
  }

  defaults(): readonly PolicyDefault[] {
    return this.#compiled.defaults;
  }

  checkVerifier(verifier: object): void {
    // MCP servers accept tokens for themselves only (MCP 2025-11-25, Authorization, Token Handling).
    const [option] = optOutsOf(verifier as Verifier);
    expect(option === undefined, `verifier.${option}`, 'is not allowed beside mcpPolicy');
  }
}

type RowTable = 'tools' | 'prompts' | 'resources';

/** The tables of named operations, and the options for operations that they do not name. */
const ROWS: ReadonlyMap<
  string,
  readonly [RowTable, 'otherTools' | 'otherPrompts' | 'otherResources']
> = new Map([
  ['tools/call', ['tools', 'otherTools']],
  ['prompts/get', ['prompts', 'otherPrompts']],
  ['resources/read', ['resources', 'otherResources']],
]);
