/**
 * A call as it looks from inside an MCP server, as an operation with its rule.
 *
 * @module
 */
import type { JsonRpcId } from '../challenge/index.js';
import type { internalsOf } from '../gate/index.js';
import type { Auth, CompiledRule, MatchedOperation, RulePart } from '../policy/index.js';
import type { GateRequest } from '../types.js';
import { isStatelessVersion } from './check-headers.js';
import { ownMember } from '../values.js';
import { byEachName, unnamed } from './found.js';
import { namesOfAny } from './uri-readings.js';
import { isObject } from './read-message.js';

type Authorizer = ReturnType<typeof internalsOf>['authorizer'];

/** What the SDK tells of a call; everything but `auth` is told by nobody who could be believed. */
export interface ServerCall {
  readonly auth: Auth | undefined;
  readonly method: string;
  /** The tool, prompt or URI, as far as the SDK tells. */
  readonly name: string | undefined;
  readonly args: unknown;
  readonly id: JsonRpcId | undefined;
  readonly headers: { get(name: string): string | null };
}

/** What the gate is asked, so that its answer reads like the one it gives in front of the server. */
export function toMatchedOperation(
  authorizer: Authorizer,
  call: ServerCall,
  rule: CompiledRule,
): { readonly matched: MatchedOperation; readonly request: GateRequest } {
  const before = authorizer.authorizedRequestOf(call.auth);
  const { method, args, id } = call;
  // One HTTP request carries one message: what was judged in front is what runs here.
  const known = before?.matched.operation.method === method ? before.matched : undefined;
  const name = call.name ?? known?.operation.name;
  const operation = { protocol: 'mcp', method, ...(name !== undefined && { name }) } as const;
  const given = args ?? known?.args;
  const request = before?.request ?? { method: 'POST', url: '', headers: call.headers };
  const rpcId = id ?? known?.rpcId;
  const version = request.headers.get('mcp-protocol-version');
  const matched = {
    kind: 'operation' as const,
    operation,
    label: labelOf(operation, known),
    rule,
    args: given,
    ...(rule.dynamic && { parts: partsOf({ rule, operation, args: given }) }),
    ...(rpcId !== undefined && { rpcId }),
    repeatGranted: known?.repeatGranted ?? !isStatelessVersion(version),
  };
  return { matched, request };
}

/** What a rule is asked about. A URI in another form is another name for what it names: to it, none. */
function partsOf(whole: RulePart): readonly RulePart[] {
  const { method, name } = whole.operation;
  if (method !== 'resources/read' && name !== undefined) return [whole];
  const names = name === undefined ? undefined : namesOfAny(name);
  return names ? byEachName(names, whole) : [{ ...whole, operation: unnamed(method) }];
}

/** The server runs it, so its name is none that a caller made up; a URI may be. */
function labelOf(
  { method, name }: MatchedOperation['operation'],
  known: MatchedOperation | undefined,
): string {
  if (method === 'resources/read') return known?.label ?? 'This resource';
  return name ?? (method === 'prompts/get' ? 'This prompt' : 'This tool');
}

/** What the SDK hands to handlers as their last argument: `extra` of v1, `ctx` of v2. */
export function readContext(context: unknown): Pick<ServerCall, 'auth' | 'id' | 'headers'> {
  const http = member(context, 'http');
  const auth = member(http, 'authInfo') ?? member(context, 'authInfo');
  const id = member(member(context, 'mcpReq'), 'id') ?? member(context, 'requestId');
  const headers = member(member(http, 'req') ?? member(context, 'requestInfo'), 'headers');
  return {
    // The gate knows its own: nothing else has any effect.
    auth: auth as Auth | undefined,
    id: typeof id === 'string' || typeof id === 'number' ? id : undefined,
    headers: { get: (name) => header(headers, name) },
  };
}

function member(object: unknown, name: string): unknown {
  return isObject(object) ? ownMember(object, name) : undefined;
}

/** v1 copies headers into a record, v2 passes the `Request`'s on. */
function header(headers: unknown, name: string): string | null {
  const value = headers instanceof Headers ? headers.get(name) : member(headers, name);
  return typeof value === 'string' ? value : null;
}
