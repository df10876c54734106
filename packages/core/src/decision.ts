/**
 * Decisions: values that say what happens to a request.
 *
 * @module
 */
import { toResponse } from './http/index.js';
import type { Auth } from './policy/index.js';
import type { HeaderList, Reply } from './types.js';

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
  /** The body that was evaluated, parsed: the handler must act on this very object. */
  readonly body?: unknown;
}

/** What the challenge of a refusal says. Frozen, and equal to what `WWW-Authenticate` holds. */
export interface RefusalChallenge {
  /** Absent if the request carried no credentials (RFC 6750 s3.1). */
  readonly error?: string;
  /** By the names that clients request; empty if the challenge names none. */
  readonly scopes: readonly string[];
  readonly description?: string;
  /** URL of the RFC 9728 document. */
  readonly resourceMetadata: string;
  /** RFC 9470: any one of these is enough, the preferred one first. */
  readonly acrValues?: readonly string[];
  /** RFC 9470: how old the login may be, in seconds. */
  readonly maxAge?: number;
}

/** The request ends here; write this as it is. 204 answers a preflight. */
export interface Refusal extends Reply {
  readonly allowed: false;
  readonly status: RefusalStatus;
  readonly reason: Reason;
  readonly body: string;
  /** What `WWW-Authenticate` says, as data; `undefined` if the refusal carries no challenge. */
  readonly challenge?: RefusalChallenge | undefined;
  toResponse(): Response;
}

export type Decision<S extends string = string> = Allowed<S> | Refusal;

/** An answer that depends on the token must not be served to another caller from a cache. */
const ALLOWED_HEADERS: HeaderList = Object.freeze([['Vary', 'Authorization'] as const]);

/** Makes an allowed decision; `body` is what was evaluated. */
export function createAllowed(auth: Auth | undefined, body?: unknown): Decision {
  // `auth` and `body` are own members even if undefined: a polluted prototype must not supply them.
  return Object.freeze({ allowed: true, auth, headers: ALLOWED_HEADERS, body });
}

/** Makes a refusal. Status, headers and body are checked by then, so writing it cannot fail. */
export function createRefusal(
  status: RefusalStatus,
  reason: Reason,
  headers: HeaderList,
  body: string,
  challenge?: RefusalChallenge,
): Refusal {
  return Object.freeze({
    allowed: false,
    status,
    reason,
    headers,
    body,
    challenge,
    toResponse: () => toResponse({ status, headers, body }),
  });
}

/** The same decision with further headers. */
export function addHeaders(decision: Decision, headers: HeaderList): Decision {
  const all = [...decision.headers, ...headers];
  if (decision.allowed) return Object.freeze({ ...decision, headers: all });
  const { status, reason, body, challenge } = decision;
  return createRefusal(status, reason, all, body, challenge);
}
