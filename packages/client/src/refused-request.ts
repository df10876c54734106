/**
 * Decides which answers require an authorization, and of which kind.
 *
 * @module
 */
import { asksForNonce, readChallenge } from './bearer-challenge.js';
import type { BearerChallenge } from './bearer-challenge.js';
import { DiscoveryError, StepUpError } from './errors.js';
import type { ClientOperation, StepUpErrorCode } from './errors.js';
import type { AuthorizationReason, ClientToken } from './types.js';
import { missingScopes } from './scopes.js';
import { holdsToken, withoutToken } from './token.js';

/** The reason why a request needs an authorization, and the challenge of the resource. */
export interface AuthorizationNeed {
  /** The reason; `undefined` if the challenge cannot be used. */
  readonly reason?: AuthorizationReason | undefined;
  readonly challenge?: BearerChallenge | undefined;
}

/** A request that the resource refused. */
export interface RefusedRequest extends AuthorizationNeed {
  readonly reason: AuthorizationReason;
  readonly operation: ClientOperation;
  /** The token with which the request was refused; `undefined` if it had none. */
  readonly token: ClientToken | undefined;
  /** The scopes that the challenge names. */
  readonly scopes: readonly string[];
  /** The scopes to show to people: those that the token lacks, or all challenged scopes if it lacks none. */
  readonly missing: readonly string[];
  /** Throws a {@link StepUpError} for the request. `scopes` defaults to the missing scopes. */
  readonly fail: (
    code: StepUpErrorCode,
    scopes?: readonly string[],
    cause?: unknown,
    fact?: string,
  ) => never;
}

/**
 * Makes a refused request. A challenge that contains the token is not used, because the authorization request,
 * the ledger and the messages of errors would contain it, too.
 *
 * @throws {@link StepUpError} if the challenge cannot be used
 */
export function createRefusedRequest(
  { reason, challenge }: AuthorizationNeed,
  operation: ClientOperation,
  token: ClientToken | undefined,
): RefusedRequest {
  const scopes = challenge?.scopes ?? [];
  if (reason === undefined || holdsToken(token, [...scopes, challenge?.resourceMetadata])) {
    throw new StepUpError('unusable_challenge', operation, []);
  }
  const notGranted = missingScopes(token?.scope ?? '', scopes);
  const missing = notGranted.length > 0 ? notGranted : scopes;
  return {
    reason,
    challenge,
    operation,
    token,
    scopes,
    missing,
    fail(
      code,
      about = missing,
      cause?,
      fact = cause instanceof DiscoveryError ? cause.message : '',
    ) {
      // The fact comes from the resource, which may repeat the token.
      throw new StepUpError(code, operation, about, cause, withoutToken(token, fact));
    },
  };
}

/**
 * Reads from a response whether it requires an authorization. Returns `undefined` if the response goes to the
 * caller unchanged (a success, a 403 for another reason, a challenge of another scheme), and a need without a
 * reason if its challenge cannot be used.
 *
 * Lenient: a 401 without any challenge requires a login or a renewal, as MCP allows. A 401 with challenges of
 * other schemes only (`Negotiate`) requires a login if no token was sent, because MCP clients then look for the
 * metadata, too. If such a 401 names DPoP, it requires none: without `dpop`, no token would be accepted.
 */
export function readAuthorizationNeed(
  { status, headers }: Response,
  token: ClientToken | undefined,
  schemes: readonly string[],
): AuthorizationNeed | undefined {
  if (status !== 401 && status !== 403) return undefined;
  const value = headers.get('www-authenticate');
  // This error asks for another proof (RFC 9449 s9), which no authorization can give.
  if (asksForNonce(value)) return undefined;
  const challenge = readChallenge(value ?? '', schemes);
  if (challenge === undefined) return {};
  if (challenge === null && value !== null && (token || readChallenge(value, ['dpop']))) {
    return undefined;
  }
  const reason = reasonOf(status, challenge?.error, token);
  return reason && { reason, challenge: challenge ?? undefined };
}

const RENEWABLE_ERRORS = [undefined, 'invalid_token', 'insufficient_user_authentication'];

/**
 * Returns the reason for an authorization that an error gives (RFC 6750 s3.1, RFC 9470 s3); `undefined` if
 * none is needed. Lenient: `insufficient_scope` is also accepted with status 401.
 */
export function reasonOf(
  status: 401 | 403,
  error: string | undefined,
  token: ClientToken | undefined,
): AuthorizationReason | undefined {
  const lacksScope = error === 'insufficient_scope';
  if (!(lacksScope || (status === 401 && RENEWABLE_ERRORS.includes(error)))) return undefined;
  if (token === undefined) return 'login';
  return lacksScope ? 'step-up' : 'reauthenticate';
}
