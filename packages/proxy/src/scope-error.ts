/**
 * Whether an upstream's answer says that scopes are missing, and which.
 *
 * @module
 */
import { ownMember, parseJson, scopesOfChallenge } from '@scopegate/core/engine';
import type { UpstreamBody } from './upstream-body.js';

const MAX_JSON_BYTES = 256 * 1024;
const MAX_EVENT_BYTES = 64 * 1024;

/** Milliseconds for which the response is held back until the beginning of its body is read. */
const PEEK_TIMEOUT_MS = 10_000;

/** Longer lists name no scope. */
const MAX_SCOPES = 100;

/**
 * Returns the scopes that an answer asks for, as it wrote them. The list is empty if it does not say
 * which; `undefined` if the answer is not a scope error.
 *
 * It reads the challenge of a 403; the JSON of a 403 and of an answer to a POST, up to 256 KiB; and the
 * first event of a stream that answers a POST. After that event the status is sent, so that later events
 * pass unread. A stream that a GET opened is never held back.
 */
export async function scopeErrorOf(
  method: string,
  response: Response,
  body: UpstreamBody,
): Promise<readonly string[] | undefined> {
  const { status, headers } = response;
  if (status === 401 || status === 407 || method === 'HEAD') return undefined;
  const isForbidden = status === 403;
  const challenged = isForbidden ? scopesOfChallenge(headers.get('www-authenticate')) : undefined;
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
    (lines.every((line) => typeof line === 'string') ? scopesOfChallenge(lines) : undefined) ??
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
  const lists = parts.flatMap((part) => LISTS.map((name) => toScopes(ownMember(part, name))));
  return lists.find((scopes) => scopes.length > 0) ?? [];
}

const LISTS = ['requiredScopes', 'required_scopes', 'scopes', 'scope'] as const;

/** Reads a `scope` value or a list. Malformed scopes stay in it: the catalogue has none. */
function toScopes(value: unknown): readonly string[] {
  const scopes: unknown =
    typeof value === 'string' ? value.split(' ').filter((scope) => scope !== '') : value;
  if (!Array.isArray(scopes) || scopes.length > MAX_SCOPES) return [];
  return scopes.every((scope) => typeof scope === 'string') ? scopes : [];
}
