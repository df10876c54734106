/**
 * Matches the call that a handler of an MCP server received with the rule of its guard.
 *
 * @module
 */
import type { JsonRpcId } from '../challenge/index.js';
import type { internalsOf } from '../gate/index.js';
import type { Auth, CompiledRule, MatchedOperation, RulePart } from '../policy/index.js';
import type { GateRequest } from '../types.js';
import { ownMember } from '../values.js';
import { isStatelessVersion } from './check-headers.js';
import { partsByName, toOperation, unnamedOperation } from './matched-operation.js';
import { namesOfAny } from './uri-readings.js';

type Authorizer = ReturnType<typeof internalsOf>['authorizer'];

/** What the SDK passes to a handler. The gate can check `auth` alone; all other members are unverified. */
export interface ServerCall {
  readonly auth: Auth | undefined;
  readonly method: string;
  /** The tool, prompt or URI, if the SDK passes it. */
  readonly name: string | undefined;
  readonly args: unknown;
  readonly id: JsonRpcId | undefined;
  readonly headers: { get(name: string): string | null };
}

/**
 * Matches a call with its rule, so that a refusal has the same text as a refusal of the gate in front of
 * the server.
 */
export function matchServerCall(
  authorizer: Authorizer,
  call: ServerCall,
  rule: CompiledRule,
): { readonly matched: MatchedOperation; readonly request: GateRequest } {
  const before = authorizer.authorizedRequestOf(call.auth);
  const { method, args, id } = call;
  // One HTTP request holds one message, so the operation that the gate authorized is the one that runs.
  const known = before?.matched.operation.method === method ? before.matched : undefined;
  const name = call.name ?? known?.operation.name;
  const operation = toOperation(method, name);
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

/**
 * Returns the parts of a rule, one for each name that the operation may have. Without a name, and for a URI
 * that is not in normal form or that readers understand differently, a rule that reads the name does not hold.
 */
function partsOf(whole: RulePart): readonly RulePart[] {
  const { method, name } = whole.operation;
  if (method !== 'resources/read' && name !== undefined) return [whole];
  const names = name === undefined ? undefined : namesOfAny(name);
  return names ? partsByName(names, whole) : [{ ...whole, operation: unnamedOperation(method) }];
}

/**
 * Returns what a refusal calls the operation. It repeats the name of a tool or prompt, because the
 * server knows it, but not a URI, because the caller may have invented it.
 */
function labelOf(
  { method, name }: MatchedOperation['operation'],
  known: MatchedOperation | undefined,
): string {
  if (method === 'resources/read') return known?.label ?? 'This resource';
  return name ?? (method === 'prompts/get' ? 'This prompt' : 'This tool');
}

/** Reads the last argument of a handler: `extra` of SDK v1, `ctx` of v2. */
export function readContext(context: unknown): Pick<ServerCall, 'auth' | 'id' | 'headers'> {
  const http = ownMember(context, 'http');
  const auth = ownMember(http, 'authInfo') ?? ownMember(context, 'authInfo');
  const id = ownMember(ownMember(context, 'mcpReq'), 'id') ?? ownMember(context, 'requestId');
  const headers = ownMember(ownMember(http, 'req') ?? ownMember(context, 'requestInfo'), 'headers');
  return {
    // The gate checks whether it made this object; any other one counts as none.
    auth: auth as Auth | undefined,
    id: typeof id === 'string' || typeof id === 'number' ? id : undefined,
    headers: { get: (name) => header(headers, name) },
  };
}

/** Reads a header from the SDK's context: v1 copies headers into a record, v2 passes those of the `Request`. */
function header(headers: unknown, name: string): string | null {
  const value = headers instanceof Headers ? headers.get(name) : ownMember(headers, name);
  return typeof value === 'string' ? value : null;
}
