/**
 * Compares MCP's standard headers with the body. A header never decides which rule applies: it can get a
 * request refused, and the revision that it names selects the scopes that a 403 names.
 *
 * @see MCP 2026-07-28, Streamable HTTP, "Standard Request Headers" and "Server Validation"
 * @module
 */
import { trimWhitespace } from '../http/index.js';
import type { Fault } from '../policy/index.js';
import type { GateRequest } from '../types.js';
import { ownMember } from '../values.js';
import { isJsonObject } from './read-message.js';
import type { Message } from './read-message.js';

/** The first revision whose clients must send the headers, and whose requests need no session. */
const STATELESS = '2026-07-28';

const HEADER_MISMATCH = -32020;

/** The parameter that `Mcp-Name` must repeat, by method. */
const NAME_SOURCE: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
]);

/**
 * Whether the header or the body names a revision from 2026-07-28 on. A value that is no date counts as
 * older.
 */
export function speaksStateless(request: GateRequest, message: Message): boolean {
  return isStatelessVersion(headerVersion(request)) || isStatelessVersion(bodyVersion(message));
}

/**
 * Compares `MCP-Protocol-Version`, `Mcp-Method` and `Mcp-Name` with a request or notification. From 2026-07-28
 * on a request must carry them, `Mcp-Name` if its method has such a name. A header that is present must agree
 * with the member that it repeats, if the message has that member: otherwise something in front of the gate
 * may have acted on another operation than the one that would run.
 *
 * @param isStateless - whether the client speaks 2026-07-28 or newer
 */
export function checkHeaders(
  request: GateRequest,
  message: Message,
  isStateless: boolean,
): Fault | undefined {
  if (message.method === undefined) return undefined;
  const required = message.isRequest && isStateless;
  const mismatch = (text: string): Fault => ({
    kind: 'fault',
    fault: 'header_mismatch',
    code: HEADER_MISMATCH,
    message: text,
    rpcId: message.id,
  });

  const version = headerVersion(request);
  const claimed = bodyVersion(message);
  if (version === null && required) return mismatch('MCP-Protocol-Version is missing');
  if (version !== null && claimed !== undefined && version !== claimed) {
    return mismatch('MCP-Protocol-Version and body disagree');
  }

  const method = trimmed(request, 'mcp-method');
  if (method === null && required) return mismatch('Mcp-Method is missing');
  if (method !== null && method !== message.method) return mismatch('Mcp-Method and body disagree');

  const source = NAME_SOURCE.get(message.method);
  const expected = source === undefined ? undefined : ownMember(message.params, source);
  if (typeof expected !== 'string') return undefined;
  const name = trimmed(request, 'mcp-name');
  if (name === null) return required ? mismatch('Mcp-Name is missing') : undefined;
  const decoded = decodeHeaderValue(name);
  if (decoded === undefined) return mismatch('Mcp-Name is not valid Base64');
  return decoded === expected ? undefined : mismatch('Mcp-Name and body disagree');
}

const PREFIX = '=?base64?';
const SUFFIX = '?=';

/**
 * Decodes a value that may be Base64 between the markers `=?base64?` and `?=`. A value with other markers, for
 * example in upper case, is returned unchanged. Returns `undefined` for invalid Base64 or UTF-8.
 */
export function decodeHeaderValue(value: string): string | undefined {
  if (!value.startsWith(PREFIX) || !value.endsWith(SUFFIX)) return value;
  if (value.length < PREFIX.length + SUFFIX.length) return value;
  try {
    const encoded = value.slice(PREFIX.length, -SUFFIX.length);
    const binary = atob(encoded);
    // `atob` accepts missing padding, white space and non-zero padding bits; the specification does not.
    if (btoa(binary) !== encoded) return undefined;
    const bytes = Uint8Array.from(binary, (c) => c.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

export function isStatelessVersion(version: unknown): boolean {
  return typeof version === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(version) && version >= STATELESS;
}

function headerVersion(request: GateRequest): string | null {
  return trimmed(request, 'mcp-protocol-version');
}

function bodyVersion(message: Message): unknown {
  const meta = ownMember(message.params, '_meta');
  return isJsonObject(meta)
    ? ownMember(meta, 'io.modelcontextprotocol/protocolVersion')
    : undefined;
}

/** Returns a header without the spaces and tabs around it, which are not part of the value (RFC 9110 s5.5). */
function trimmed(request: GateRequest, name: string): string | null {
  const value = request.headers.get(name);
  return value === null ? null : trimWhitespace(value);
}
