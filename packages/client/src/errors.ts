/**
 * What the client half throws. Every way in which a request or a discovery can end has a code.
 *
 * @module
 */

/** Why a request could not be authorized. The values that OAuth has a name for are OAuth's. */
export type StepUpErrorCode =
  /** The authorization server says no (RFC 6749 s4.1.2.1). */
  | 'access_denied'
  /** The authorization server does not give this client these scopes (RFC 6749 s4.1.2.1). */
  | 'invalid_scope'
  /** `authorize`, the ledger or another function of the application failed: see `cause`. */
  | 'authorization_failed'
  /** `authorize` sent the user away. Send the request again once they are back. */
  | 'authorization_pending'
  /** There is no `authorize`, or `interactive` is false. */
  | 'cannot_authorize'
  /** The new list of authorization servers does not have the one that was used before. */
  | 'authorization_server_changed'
  /** The request was authorized, but its body was a stream: send it again with a new one. */
  | 'body_not_repeatable'
  /** The resource's metadata was not found or not believed: see `cause`, a `DiscoveryError`. */
  | 'discovery_failed'
  /** `authorize` ended, and the token is still the one that was refused, or there is none. */
  | 'no_new_token'
  /** `approveScopes` did not say `true`. */
  | 'not_approved'
  /** Nothing is asked for that was not granted, or asked for in vain a moment ago. */
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
  /** No Bearer challenge that can be acted on: a parameter came twice, or it is too long. */
  | 'unusable_challenge';

/** What a request wants to do, as the client names it. */
export interface ClientOperation {
  /** Method and URL without its query; for a JSON-RPC call, its method and name too. */
  readonly id: string;
  /** For people: `add_note`, or `GET /notes`. */
  readonly label: string;
}

/**
 * A request that could not be authorized within the bounds. `message` is for people and logs
 * ("add_note needs notes:write: access_denied"); neither it nor any member has a token in it.
 *
 * @group Client
 */
export class StepUpError extends Error {
  override readonly name = 'StepUpError';
  readonly code: StepUpErrorCode;
  readonly operation: ClientOperation;
  /** The scopes that the resource named, or that were asked for. */
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

const SHOWN = 8;

/** "add_note needs notes:write". */
export function needs({ label }: ClientOperation, scopes: readonly string[]): string {
  const more = scopes.length > SHOWN ? ` and ${scopes.length - SHOWN} more` : '';
  return `${label} needs ${scopes.slice(0, SHOWN).join(' ') || 'a token'}${more}`;
}

/** Which rule of a discovery was broken. */
export type DiscoveryErrorCode =
  /** No absolute `https` URL (`http` on loopback) without user and fragment. */
  | 'invalid_url'
  /** Another origin than the resource's, and `allowOrigin` did not say `true`. */
  | 'foreign_origin'
  /** An address inside a network, named by a resource outside of it. */
  | 'private_address'
  /** Redirects are not followed. */
  | 'redirected'
  /** Every place to look says that it has none, as with 404. */
  | 'not_found'
  /** Another status than 200. */
  | 'bad_status'
  /** The content type or the text is not JSON. */
  | 'not_json'
  | 'too_large'
  | 'timeout'
  /** `fetch` failed: see `cause`. */
  | 'unreachable'
  /** RFC 9728 s3.3: the document is about something else. `cause` is the problem. */
  | 'resource_mismatch'
  /** `authorization_servers` is no list of issuers. */
  | 'invalid_authorization_servers';

/**
 * The metadata of a resource was not found, or must not be believed.
 *
 * @group Client
 */
export class DiscoveryError extends Error {
  override readonly name = 'DiscoveryError';
  readonly code: DiscoveryErrorCode;
  /** What was asked for, or refused to be. */
  readonly url: string;

  constructor(code: DiscoveryErrorCode, url: string, cause?: unknown) {
    super(`${url}: ${code}`, cause === undefined ? {} : { cause });
    this.code = code;
    this.url = url;
  }
}
