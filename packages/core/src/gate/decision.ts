/**
 * Decisions: values that say what happens to a request.
 *
 * @module
 */
import type { Auth } from '../policy/index.js';
import type { HeaderList, Reply } from '../types.js';

/** Why a request was not let through; stable, for logs and metrics. */
export type Reason =
  | 'preflight'
  | 'origin_not_allowed'
  | 'malformed_credentials'
  | 'no_credentials'
  | 'invalid_token'
  | 'verifier_unavailable'
  | 'body_timeout'
  | 'body_too_large'
  | 'unsupported_body'
  | 'invalid_body'
  | 'header_mismatch'
  | 'method_not_allowed'
  | 'insufficient_scope'
  | 'insufficient_user_authentication'
  | 'denied'
  | 'rule_invalid'
  | 'internal';

export type RefusalStatus = 204 | 400 | 401 | 403 | 405 | 408 | 413 | 415 | 503;

/** The request may go on. */
export interface Allowed<S extends string = string> {
  readonly allowed: true;
  /** `undefined` on a public operation without a token. */
  readonly auth: Auth<S> | undefined;
  /** To be added to the answer. */
  readonly headers: HeaderList;
  /** The body that was judged, parsed: the handler must act on this very object. */
  readonly body?: unknown;
}

/** The request ends here; write this as it is. 204 answers a preflight. */
export interface Refusal extends Reply {
  readonly allowed: false;
  readonly status: RefusalStatus;
  readonly reason: Reason;
  readonly body: string;
  toResponse(): Response;
}

export type Decision<S extends string = string> = Allowed<S> | Refusal;

/** Makes a refusal; what it says is settled here, writing it cannot fail. */
export function createRefusal(
  status: RefusalStatus,
  reason: Reason,
  headers: HeaderList,
  body: string,
): Refusal {
  return Object.freeze({
    allowed: false,
    status,
    reason,
    headers,
    body,
    toResponse: () => toResponse({ status, headers, body }),
  });
}

/** The same decision with further headers. */
export function addHeaders(decision: Decision, headers: HeaderList): Decision {
  const all = [...decision.headers, ...headers];
  return decision.allowed
    ? Object.freeze({ ...decision, headers: all })
    : createRefusal(decision.status, decision.reason, all, decision.body);
}

/** A reply as a Web `Response`. */
export function toResponse({ status, headers, body }: Reply): Response {
  // A status such as 204 admits no body, not even an empty one. A plain object of headers is what
  // servers on Node write without making Web objects first.
  return new Response(body || null, { status, headers: toRecord(headers) });
}

function toRecord(headers: HeaderList): Record<string, string> {
  const record: Record<string, string> = {};
  for (const [name, value] of headers) {
    record[name] = mergeHeader(name, record[name], value);
  }
  return record;
}

/** Headers that tell of an answer's content: they must not outlive it when a refusal takes its place. */
export const CONTENT_HEADERS: ReadonlySet<string> = new Set([
  ...['content-type', 'content-length', 'content-encoding', 'content-language', 'content-range'],
  ...['content-disposition', 'content-location', 'transfer-encoding', 'trailer'],
  ...['accept-ranges', 'etag', 'last-modified', 'content-digest', 'repr-digest'],
]);

/** Headers whose values add up when several parties set them. */
const LISTS = new Set(['vary', 'access-control-expose-headers']);

/** Whether several parties add to the header, so that nobody replaces what another one said. */
export function isListHeader(name: string): boolean {
  return LISTS.has(name.toLowerCase());
}

/**
 * What a header must say after `value` is set where `existing` may already stand: lists grow, every
 * other header is replaced.
 */
export function mergeHeader(
  name: string,
  existing: number | string | readonly string[] | null | undefined,
  value: string,
): string {
  const before = String(existing ?? '');
  if (before === '' || before === value || !isListHeader(name)) return value;
  const present = new Set(before.split(',').map((part) => part.trim().toLowerCase()));
  const added = value.split(', ').filter((part) => !present.has(part.toLowerCase()));
  return present.has('*') || added.length === 0 ? before : `${before}, ${added.join(', ')}`;
}
