/**
 * The errors of the client. Every way in which a request or a discovery can fail has a code.
 *
 * @module
 */

/** Why a request could not be authorized. OAuth's error codes keep their names. */
export type StepUpErrorCode =
  /** The user or the authorization server declined (RFC 6749 s4.1.2.1). */
  | 'access_denied'
  /** The authorization server does not give this client these scopes (RFC 6749 s4.1.2.1). */
  | 'invalid_scope'
  /** `authorize`, the ledger or another function of the application failed: see `cause`. */
  | 'authorization_failed'
  /** `authorize` redirected the user. Send the request again when the user is back. */
  | 'authorization_pending'
  /** There is no `authorize`, or `interactive` is false. */
  | 'cannot_authorize'
  /** The metadata no longer lists the authorization server that was used before. */
  | 'authorization_server_changed'
  /** The request is authorized now, but its body was a stream: send it again with a new body. */
  | 'body_not_repeatable'
  /** The resource's metadata was not found or is not valid: see `cause`, a `DiscoveryError`. */
  | 'discovery_failed'
  /** After `authorize`, `token` still returns the refused token or none. */
  | 'no_new_token'
  /** `approveScopes` did not say `true`. */
  | 'not_approved'
  /** Every scope is granted already, or an attempt for it failed a moment ago. */
  | 'nothing_new'
  /** `limits.perOperation` authorizations did not help this operation. */
  | 'operation_limit'
  /** The new token lacks a scope that the request needs, and was refused with it once more. */
  | 'partial_grant'
  /** The resource answered with a redirect: it is not followed with a token. */
  | 'redirect_refused'
  /** 401 with the token that was just issued for this request. */
  | 'refused_again'
  /** `limits.perResource` authorizations within `limits.forgetAfter`. */
  | 'resource_limit'
  /** A scope is not in `allowedScopes`. */
  | 'scope_not_allowed'
  /** More than `limits.scopes`, or more than 4096 characters of them. */
  | 'too_many_scopes'
  /** The Bearer challenge cannot be used: a parameter came twice, or it is too long. */
  | 'unusable_challenge';

/** The operation that a request asks for, as the client names it. */
export interface ClientOperation {
  /** Method and URL without its query; for a JSON-RPC call, its method and name too. */
  readonly id: string;
  /** For people: `add_note`, or `GET /notes`. */
  readonly label: string;
}

/**
 * A request that could not be authorized within the bounds. `message` is for people and logs
 * ("add_note needs notes:write: access_denied"). Neither the message nor a member contains a token.
 *
 * @group Client
 */
export class StepUpError extends Error {
  override readonly name = 'StepUpError';
  readonly code: StepUpErrorCode;
  readonly operation: ClientOperation;
  /** The scopes that the resource named, or that the authorization asked for. */
  readonly scopes: readonly string[];

  constructor(
    code: StepUpErrorCode,
    operation: ClientOperation,
    scopes: readonly string[],
    cause?: unknown,
  ) {
    super(`${needs(operation, scopes)}: ${code}`, cause === undefined ? {} : { cause });
    this.code = code;
    this.operation = operation;
    this.scopes = scopes;
  }
}

const MAX_SHOWN_SCOPES = 8;

/** "add_note needs notes:write". */
export function needs({ label }: ClientOperation, scopes: readonly string[]): string {
  const more =
    scopes.length > MAX_SHOWN_SCOPES ? ` and ${scopes.length - MAX_SHOWN_SCOPES} more` : '';
  return `${label} needs ${scopes.slice(0, MAX_SHOWN_SCOPES).join(' ') || 'a token'}${more}`;
}

/** Which rule of a discovery was broken. */
export type DiscoveryErrorCode =
  /** The URL is not an absolute `https` URL (`http` on loopback), or has user information or a fragment. */
  | 'invalid_url'
  /** Another origin than the resource's, and `allowOrigin` did not say `true`. */
  | 'foreign_origin'
  /** A private address, named by a resource that is not private. */
  | 'private_address'
  /** Redirects are not followed. */
  | 'redirected'
  /** No URL has the document: each answered 404 or similar. */
  | 'not_found'
  /** Another status than 200. */
  | 'bad_status'
  /** The content type or the text is not JSON. */
  | 'not_json'
  | 'too_large'
  | 'timeout'
  /** `fetch` or `lookup` failed: see `cause`. */
  | 'unreachable'
  /** The document is about another resource (RFC 9728 s3.3). `cause` is the problem. */
  | 'resource_mismatch'
  /** `authorization_servers` is not a list of strings. */
  | 'invalid_authorization_servers';

/**
 * The metadata of a resource was not found, or must not be used.
 *
 * @group Client
 */
export class DiscoveryError extends Error {
  override readonly name = 'DiscoveryError';
  readonly code: DiscoveryErrorCode;
  /** The URL that was requested or refused. */
  readonly url: string;

  constructor(code: DiscoveryErrorCode, url: string, cause?: unknown) {
    super(`${url}: ${code}`, cause === undefined ? {} : { cause });
    this.code = code;
    this.url = url;
  }
}
