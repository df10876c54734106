/**
 * Decides which answers need an authorization, and which kind.
 *
 * @module
 */
import { parseChallenges } from '@scopegate/core';
import { MAX_CHALLENGE_LENGTH, readBearerChallenge } from './bearer-challenge.js';
import type { BearerChallenge } from './bearer-challenge.js';
import { StepUpError } from './errors.js';
import type { ClientOperation, StepUpErrorCode } from './errors.js';
import type { AuthorizationReason, ClientToken } from './types.js';
import { missingScopes } from './scopes.js';

/** Why a request needs an authorization, and the challenge of the resource. */
export interface AuthorizationNeed {
  readonly reason: AuthorizationReason;
  readonly challenge?: BearerChallenge | undefined;
}

/** A refused request. */
export interface RefusedRequest extends AuthorizationNeed {
  readonly operation: ClientOperation;
  /** The token that was not enough. */
  readonly token: ClientToken | undefined;
  /** The scopes that the challenge names. */
  readonly scopes: readonly string[];
  /** The scopes that the token lacks, for people; if it has all of them, all scopes. */
  readonly missing: readonly string[];
  /** Ends the request with an error. `scopes` defaults to the missing ones. */
  readonly fail: (code: StepUpErrorCode, scopes?: readonly string[], cause?: unknown) => never;
}

export function createRefusedRequest(
  { reason, challenge }: AuthorizationNeed,
  operation: ClientOperation,
  token: ClientToken | undefined,
): RefusedRequest {
  const scopes = challenge?.scopes ?? [];
  const notGranted = missingScopes(token?.scope ?? '', scopes);
  const missing = notGranted.length > 0 ? notGranted : scopes;
  return {
    reason,
    challenge,
    operation,
    token,
    scopes,
    missing,
    fail(code, about = missing, cause?) {
      throw new StepUpError(code, operation, about, cause);
    },
  };
}

/**
 * Reads a response. Returns `undefined` if it goes to the caller unchanged (a success, a 403 about
 * something else, a challenge for another scheme), and `unusable_challenge` if its challenge must not be
 * acted on.
 *
 * Lenient: a 401 without any challenge asks for a login, as MCP allows.
 */
export function readAuthorizationNeed(
  { status, headers }: Response,
  token: ClientToken | undefined,
): AuthorizationNeed | 'unusable_challenge' | undefined {
  if (status !== 401 && status !== 403) return undefined;
  const value = headers.get('www-authenticate');
  if (value !== null && value.length > MAX_CHALLENGE_LENGTH) return 'unusable_challenge';
  // RFC 9449 s9: the DPoP layer sends the request again with a new proof. No token is missing.
  const errors = parseChallenges(value).map(({ params }) => params.get('error'));
  if (errors.includes('use_dpop_nonce')) return undefined;
  const challenge = readBearerChallenge(value ?? '');
  if (challenge === undefined) return 'unusable_challenge';
  if (challenge === null && value !== null) return undefined;
  const reason = reasonOf(status, challenge?.error, token);
  return reason && { reason, challenge: challenge ?? undefined };
}

const RENEWABLE_ERRORS = [undefined, 'invalid_token', 'insufficient_user_authentication'];

/**
 * Returns the authorization that an error asks for (RFC 6750 s3.1, RFC 9470 s3). Lenient: `insufficient_scope` counts with
 * status 401 too.
 */
export function reasonOf(
  status: 401 | 403,
  error: string | undefined,
  token: ClientToken | undefined,
): AuthorizationReason | undefined {
  const lacksScope = error === 'insufficient_scope';
  if (!lacksScope && !(status === 401 && RENEWABLE_ERRORS.includes(error))) return undefined;
  if (token === undefined) return 'login';
  return lacksScope ? 'step-up' : 'reauthenticate';
}
