/**
 * Whether an upstream's answer says that scopes are missing, and which.
 *
 * @module
 */
import { ownMember, parseJson } from '@scopegate/core/engine';
import { MAX_SCOPES, challengedScopes, splitScopes } from './challenged-scopes.js';
import type { UpstreamBody } from './upstream-body.js';

const MAX_JSON_BYTES = 256 * 1024;
const MAX_EVENT_BYTES = 64 * 1024;

/** Milliseconds for which the response is held back until the beginning of its body is read. */
const PEEK_TIMEOUT_MS = 10_000;

/**
 * The scopes that an answer asks for, as it wrote them: none if it does not say which, `undefined` if
 * it is no scope error.
 *
 * Looked at are the challenge of a 403; the JSON of a 403 and of an answer to a POST, up to 256 KiB;
 * and the first event of a stream that answers a POST. Once that was passed on, the status is settled:
 * what comes later stays in band, and a stream that a GET opened is never held.
 */
export async function scopeErrorOf(
  method: string,
  response: Response,
  body: UpstreamBody,
): Promise<readonly string[] | undefined> {
  const { status, headers } = response;
  if (status === 401 || status === 407 || method === 'HEAD') return undefined;
  const isForbidden = status === 403;
  const challenged = isForbidden ? challengedScopes(headers.get('www-authenticate')) : undefined;
  if (challenged !== undefined && challenged.length > 0) return challenged;
  const message = isForbidden || method === 'POST' ? await beginningOf(headers, body) : undefined;
  return scopesOfMessage(message, isForbidden) ?? challenged;
}

async function beginningOf(headers: Headers, body: UpstreamBody): Promise<unknown> {
  const type = headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === 'text/event-stream') {
    return dataOf(
      await body.peek({ maxBytes: MAX_EVENT_BYTES, timeout: PEEK_TIMEOUT_MS, until: END_OF_EVENT }),
    );
  }
  if (type !== 'application/json' && !type.endsWith('+json')) return undefined;
  if (Number(headers.get('content-length')) > MAX_JSON_BYTES) return undefined;
  return parseJson((await body.peek({ maxBytes: MAX_JSON_BYTES, timeout: PEEK_TIMEOUT_MS })) ?? '');
}

const END_OF_EVENT = /\r\n\r\n|\n\n|\r\r/;

/** The data of a stream's first event (WHATWG HTML s9.2.6), parsed. */
function dataOf(text: string | undefined): unknown {
  const [event = ''] = (text ?? '').split(END_OF_EVENT, 1);
  const lines = event.split(/\r\n|\n|\r/).filter((line) => line.startsWith('data:'));
  return parseJson(lines.map((line) => line.slice('data:'.length)).join('\n'));
}

/** The scopes of a JSON-RPC error, of a tool's error result, or of a plain 403's OAuth body. */
function scopesOfMessage(message: unknown, isForbidden: boolean): readonly string[] | undefined {
  const result = ownMember(message, 'result');
  return (
    scopesOfFacts(ownMember(message, 'error')) ??
    (ownMember(result, 'isError') === true ? scopesOfResult(result) : undefined) ??
    (isForbidden ? scopesOfFacts(message) : undefined)
  );
}

function scopesOfResult(result: unknown): readonly string[] | undefined {
  const value = ownMember(ownMember(result, '_meta'), 'mcp/www_authenticate');
  const lines: unknown[] = Array.isArray(value) ? value : [value];
  const content = ownMember(result, 'content');
  const text: unknown = Array.isArray(content) && content.length === 1 ? content[0] : undefined;
  return (
    (lines.every((line) => typeof line === 'string') ? challengedScopes(lines) : undefined) ??
    scopesOfFacts(ownMember(result, 'structuredContent')) ??
    // Servers that can answer with nothing but text write their JSON there.
    scopesOfFacts(parseJson(String(ownMember(text, 'text'))))
  );
}

/**
 * The shapes in use: OAuth's `error` and `scope`; `InsufficientScopeError` with `requiredScopes`, as
 * FastMCP's errors; `required_scopes`, as mcp-proxy writes them; each by itself or in `data`, which
 * may be a whole error again.
 */
function scopesOfFacts(facts: unknown): readonly string[] | undefined {
  const data = ownMember(facts, 'data');
  const parts = [facts, data, ownMember(data, 'data')];
  const isScopeError = parts.some(
    (part) =>
      ownMember(part, 'name') === 'InsufficientScopeError' ||
      ownMember(part, 'error') === 'insufficient_scope',
  );
  if (!isScopeError) return undefined;
  const lists = parts.flatMap((part) => LISTS.map((name) => fromValue(ownMember(part, name))));
  return lists.find((scopes) => scopes.length > 0) ?? [];
}

const LISTS = ['requiredScopes', 'required_scopes', 'scopes', 'scope'] as const;

function fromValue(value: unknown): readonly string[] {
  if (typeof value === 'string') return splitScopes(value);
  if (!Array.isArray(value) || value.length > MAX_SCOPES) return [];
  return value.every((scope) => typeof scope === 'string') ? value : [];
}
