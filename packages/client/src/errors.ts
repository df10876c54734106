/**
 * The errors of the client. Every way in which a request or a discovery can fail has a code.
 *
 * @module
 */

/** The reason why a request could not be authorized. OAuth's error codes have their own names. */
export type StepUpErrorCode =
  /** The user or the authorization server declined (RFC 6749 s4.1.2.1). */
  | 'access_denied'
  /** The authorization server does not grant this client these scopes (RFC 6749 s4.1.2.1). */
  | 'invalid_scope'
  /** The authorization server cannot give the login that the resource requires (RFC 9470 s5). */
  | 'unmet_authentication_requirements'
  /** `authorize`, the ledger or another function of the application failed: see `cause`. */
  | 'authorization_failed'
  /** `authorize` redirected the user. Send the request again when the user is back. */
  | 'authorization_pending'
  /** There is no `authorize`, or a step-up is needed and `interactive` is `false`. */
  | 'cannot_authorize'
  /** The metadata no longer lists the authorization server that was used before. */
  | 'authorization_server_changed'
  /** The request is authorized now, but its body was a stream. Send the request again with a new body. */
  | 'body_not_repeatable'
  /**
   * The metadata was not found or is invalid: see `cause`, a `DiscoveryError` or an error of `discovery`. There is
   * no cause if the metadata contains the token.
   */
  | 'discovery_failed'
  /** After `authorize`, `token` still returns the refused token, or returns none. */
  | 'no_new_token'
  /** `approveScopes` did not return `true`. */
  | 'not_approved'
  /** Every scope is granted already, or a recent attempt to get it failed. */
  | 'nothing_new'
  /**
   * The operation failed after `limits.perOperation` authorizations for one reason, or its request was sent six
   * times, or four times if the resource required another login.
   */
  | 'operation_limit'
  /** The new token lacks a challenged scope, and the resource refused the request with this token, too. */
  | 'partial_grant'
  /** The resource answered with a redirect, which is not followed, since the token must not go elsewhere. */
  | 'redirect_refused'
  /** The resource answered 401 again, although the request was sent with a new token. */
  | 'refused_again'
  /** `limits.perResource` authorizations failed or were step-ups within `limits.forgetAfter`. */
  | 'resource_limit'
  /** The challenge names a scope that is not in `allowedScopes`. */
  | 'scope_not_allowed'
  /** The authorization needs more than `limits.scopes` scopes, or a `scope` of more than 4096 characters. */
  | 'too_many_scopes'
  /**
   * The challenge cannot be used: a parameter came twice, the header is too long, it contains the token, or a
   * challenge that was given to `stepUp` has an error that no authorization can correct.
   */
  | 'unusable_challenge';

/** The operation of a request, and the names that the client has for it. */
export interface ClientOperation {
  /** The HTTP method and the URL without its query; for a JSON-RPC call, also `method` and `name` or `uri`. */
  readonly id: string;
  /** A name for people, such as `add_note` or `GET /notes`. */
  readonly label: string;
}

/**
 * The error of a request that could not be authorized within the limits. `message` is for people and logs
 * ("add_note needs notes:write: access_denied"). For some codes it adds what was expected and found. The client
 * writes no token into it; `cause` may contain one: it comes from other code, or repeats what the metadata says.
 *
 * @group Client
 */
export class StepUpError extends Error {
  override readonly name = 'StepUpError';
  readonly code: StepUpErrorCode;
  readonly operation: ClientOperation;
  /** The challenged scopes (those that the token lacks, if any), or those that the authorization was to add. */
  readonly scopes: readonly string[];

  /**
   * @param fact - what was expected and found, for the message
   */
  constructor(
    code: StepUpErrorCode,
    operation: ClientOperation,
    scopes: readonly string[],
    cause?: unknown,
    fact = '',
  ) {
    const message = `${needs(operation, scopes)}: ${code}${fact && `: ${fact}`}`;
    super(message, cause === undefined ? {} : { cause });
    this.code = code;
    this.operation = operation;
    this.scopes = scopes;
  }
}

const MAX_SHOWN_SCOPES = 8;

/** Describes the scopes that an operation needs: "add_note needs notes:write". */
export function needs({ label }: ClientOperation, scopes: readonly string[]): string {
  const more =
    scopes.length > MAX_SHOWN_SCOPES ? ` and ${scopes.length - MAX_SHOWN_SCOPES} more` : '';
  return `${label} needs ${scopes.slice(0, MAX_SHOWN_SCOPES).join(' ') || 'a token'}${more}`;
}

/** The reason why a discovery failed. */
export type DiscoveryErrorCode =
  /** The URL is not an absolute `https` URL (`http` on loopback), or has user information or a fragment. */
  | 'invalid_url'
  /** The URL is on another origin than the resource, and `allowOrigin` did not return `true` for it. */
  | 'foreign_origin'
  /** The host is private and not in `allowPrivateHosts`, although the resource's host is public. */
  | 'private_address'
  /** The answer is a redirect, which is not followed. */
  | 'redirected'
  /** No URL has the document: the answers were 404 or similar. */
  | 'not_found'
  /** The status is neither 200, nor a redirect, nor one that means that there is no document. */
  | 'bad_status'
  /** The content type is not JSON, or the text is not JSON in UTF-8. */
  | 'not_json'
  | 'too_large'
  | 'timeout'
  /** `fetch` failed, as `message` says, or `lookup` failed: see `cause`. */
  | 'unreachable'
  /** The document does not describe the resource (RFC 9728 s3.3). `cause` is a `ResourceMetadataProblem`. */
  | 'resource_mismatch'
  /** `authorization_servers` is not a list of strings. */
  | 'invalid_authorization_servers';

/**
 * The error of a discovery: the metadata of a resource was not found, or must not be used. The message names
 * the URL and what was expected or found, and for a refused origin or host the option that would allow it.
 *
 * @group Client
 */
export class DiscoveryError extends Error {
  override readonly name = 'DiscoveryError';
  readonly code: DiscoveryErrorCode;
  /** The URL that was requested or refused; for `not_found`, that of the resource. */
  readonly url: string;

  /** @param fact - what was expected and found, for the message */
  constructor(code: DiscoveryErrorCode, url: string, cause?: unknown, fact = '') {
    super(`${showUrl(url)}: ${code}${fact && `: ${fact}`}`, cause === undefined ? {} : { cause });
    this.code = code;
    this.url = url;
  }
}

/** Maximum number of characters of a URL in a message. */
const MAX_URL_LENGTH = 300;

/** Returns a URL for a message: without user information, query and fragment, in ASCII, and cut. */
export function showUrl(text: string): string {
  // Cut last, because a part of the user information is not recognized.
  return withoutUser(text)
    .replace(/[?#].*/s, '')
    .replaceAll(/[^ -~]/g, '?')
    .slice(0, MAX_URL_LENGTH);
}

/**
 * Removes the user information of a URL. The parser finds it, because it accepts many spellings, such as
 * `https:user@host`. A text that is no such URL loses everything before its last `@`.
 */
function withoutUser(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url?.protocol.startsWith('http')) return text.replace(/^.*@/s, '');
  return url.username + url.password === '' ? text : url.origin + url.pathname;
}
