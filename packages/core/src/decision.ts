/**
 * Makes decisions, the values that determine what happens to a request.
 *
 * @module
 */
import { toResponse } from './http/index.js';
import type { Auth } from './policy/index.js';
import type { SenderAnswers } from './token/index.js';
import type { HeaderList, Reply } from './types.js';

/** The reason of a refusal, for logs and metrics. The names are stable. */
export type Reason =
  | 'preflight'
  | 'origin_not_allowed'
  | 'malformed_credentials'
  | 'no_credentials'
  | 'invalid_token'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'verifier_unavailable'
  | 'body_timeout'
  | 'body_too_large'
  | 'unsupported_body'
  | 'invalid_body'
  | 'header_mismatch'
  | 'unknown_id'
  | 'method_not_allowed'
  | 'insufficient_scope'
  | 'insufficient_user_authentication'
  | 'denied'
  | 'rule_invalid'
  | 'internal';

export type RefusalStatus = 204 | 400 | 401 | 403 | 404 | 405 | 408 | 413 | 415 | 503;

/** The decision that the request may reach its handler. */
export interface Allowed<S extends string = string> {
  readonly allowed: true;
  /** The caller; `undefined` for a public operation that is called without a token. */
  readonly auth: Auth<S> | undefined;
  /** Headers that must be added to the answer. */
  readonly headers: HeaderList;
  /** The body that was evaluated, parsed. The handler must use this object and not parse the body again. */
  readonly body?: unknown;
}

/** The frozen parameters of the challenge in a refusal's `WWW-Authenticate`, except `realm` and `error_uri`. */
export interface RefusalChallenge {
  /** The error code; absent if the request had no credentials (RFC 6750 s3.1). */
  readonly error?: string;
  /** The scopes, by the names that clients request; empty if the challenge names none. */
  readonly scopes: readonly string[];
  readonly description?: string;
  /** The URL of the RFC 9728 document. */
  readonly resourceMetadata: string;
  /** Authentication context classes (RFC 9470), any one of which is enough, the preferred one first. */
  readonly acrValues?: readonly string[];
  /** The maximum age of the login in seconds (RFC 9470). */
  readonly maxAge?: number;
}

/** The decision that the request must not reach its handler. Write it unchanged. 204 answers a preflight. */
export interface Refusal extends Reply {
  readonly allowed: false;
  readonly status: RefusalStatus;
  readonly reason: Reason;
  readonly body: string;
  /** The challenge in `WWW-Authenticate`, as data; `undefined` if the refusal has none. */
  readonly challenge?: RefusalChallenge | undefined;
  toResponse(): Response;
}

export type Decision<S extends string = string> = Allowed<S> | Refusal;

/** The headers of an allowed answer. A cache must not serve an answer for one token to another caller. */
const ALLOWED_HEADERS: HeaderList = Object.freeze([['Vary', 'Authorization'] as const]);

/** Makes the decision that allows a request. `body` is the evaluated body. */
export function createAllowed(auth: Auth | undefined, body?: unknown): Decision {
  // `auth` and `body` are own members even if `undefined`, so that a polluted prototype cannot supply them.
  return Object.freeze({ allowed: true, auth, headers: ALLOWED_HEADERS, body });
}

/** Makes a refusal. Callers pass a status, headers and a body that they have checked. */
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

/** Returns a copy of the decision with further headers. */
export function addHeaders(decision: Decision, headers: HeaderList): Decision {
  return replaceHeaders(decision, [...decision.headers, ...headers]);
}

/**
 * Returns the decision with the headers that the check of the sender (DPoP) gives it: a refusal then has a
 * challenge of the scheme `DPoP`.
 */
export function answerSender<D extends Decision>(decision: D, answers?: SenderAnswers): D {
  return answers === undefined
    ? decision
    : (replaceHeaders(decision, answers.headersOf(decision)) as D);
}

function replaceHeaders(decision: Decision, headers: HeaderList): Decision {
  if (decision.allowed) return Object.freeze({ ...decision, headers });
  const { status, reason, body, challenge } = decision;
  return createRefusal(status, reason, headers, body, challenge);
}
