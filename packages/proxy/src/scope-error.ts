/**
 * Reads from an upstream's answer whether scopes are missing, and which.
 *
 * @module
 */
import { ownMember, parseJson, scopesOfChallenge } from '@scopegate/core/engine';
import type { UpstreamBody } from './upstream-body.js';

const MAX_JSON_BYTES = 256 * 1024;
const MAX_EVENT_BYTES = 64 * 1024;

/** Maximum time in milliseconds for which the response is delayed until the beginning of its body is read. */
const READ_AHEAD_TIMEOUT_MS = 10_000;

/** Maximum number of scopes in a list. A longer list counts as a list without scopes. */
const MAX_SCOPES = 100;

/**
 * Returns the scopes that a scope error asks for, as the upstream wrote them. The list is empty if the error
 * does not name them. Returns `undefined` if the answer is no scope error.
 *
 * It reads the challenge of a 403. Of a 403 and of an answer to a POST, it also reads JSON up to 256 KiB, or
 * the first event of a stream. After that event the status is sent, so later events are not read. A stream
 * that answers a GET is not delayed, unless its status is 403.
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
      await body.readAhead({
        maxBytes: MAX_EVENT_BYTES,
        timeout: READ_AHEAD_TIMEOUT_MS,
        until: END_OF_EVENT,
      }),
    );
  }
  if (type !== 'application/json' && !type.endsWith('+json')) return undefined;
  if (Number(headers.get('content-length')) > MAX_JSON_BYTES) return undefined;
  return parseJson(
    (await body.readAhead({ maxBytes: MAX_JSON_BYTES, timeout: READ_AHEAD_TIMEOUT_MS })) ?? '',
  );
}

const END_OF_EVENT = /\r\n\r\n|\n\n|\r\r/;

/** Returns the data of a stream's first event (WHATWG HTML s9.2.6), parsed as JSON. */
function dataOf(text: string | undefined): unknown {
  const [event = ''] = (text ?? '').split(END_OF_EVENT, 1);
  const lines = event.split(/\r\n|\n|\r/).filter((line) => line.startsWith('data:'));
  return parseJson(lines.map((line) => line.slice('data:'.length)).join('\n'));
}

/** Returns the scopes of a JSON-RPC error, of a tool's error result, or of the OAuth members of a 403. */
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
    // Servers that can answer a tool call only with text write their JSON into the text.
    scopesOfFacts(parseJson(String(ownMember(text, 'text'))))
  );
}

/**
 * Returns the scopes of an error in one of the forms that servers use: OAuth's `error` and `scope`;
 * `InsufficientScopeError` with `requiredScopes`, as in FastMCP; or `required_scopes`, as in mcp-proxy. The
 * members are in the error itself or in its `data`, which may contain a complete error with its own `data`.
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

/** Reads a `scope` value or a list. It keeps malformed scopes, since they are not in the catalogue anyway. */
function toScopes(value: unknown): readonly string[] {
  const scopes: unknown =
    typeof value === 'string' ? value.split(' ').filter((scope) => scope !== '') : value;
  if (!Array.isArray(scopes) || scopes.length > MAX_SCOPES) return [];
  return scopes.every((scope) => typeof scope === 'string') ? scopes : [];
}
