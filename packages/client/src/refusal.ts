/**
 * Which answers ask for an authorization, and for which one.
 *
 * @module
 */
import { parseChallenges } from '@scopegate/core';
import { MAX_LENGTH, readBearerChallenge } from './bearer-challenge.js';
import type { BearerChallenge } from './bearer-challenge.js';
import { StepUpError } from './errors.js';
import type { ClientOperation, StepUpErrorCode } from './errors.js';
import type { AuthorizationReason, ClientToken } from './types.js';
import { lackingScopes } from './scopes.js';

/** Why a request needs an authorization, and what the resource says of it. */
export interface Need {
  readonly reason: AuthorizationReason;
  readonly challenge?: BearerChallenge | undefined;
}

/** A request that was refused, as far as an authorization must know it. */
export interface Refusal extends Need {
  readonly operation: ClientOperation;
  /** The token that was not enough. */
  readonly token: ClientToken | undefined;
  /** What the challenge names. */
  readonly scopes: readonly string[];
  /** What of it the token lacks, for people: all of it, if the server repeats what the token has. */
  readonly lacking: readonly string[];
  /** Ends the request; `scopes` are the lacking ones if nothing else is said. */
  readonly fail: (code: StepUpErrorCode, scopes?: readonly string[], cause?: unknown) => never;
}

export function createRefusal(
  { reason, challenge }: Need,
  operation: ClientOperation,
  token: ClientToken | undefined,
): Refusal {
  const scopes = challenge?.scopes ?? [];
  const lacked = lackingScopes(token?.scope ?? '', scopes);
  const lacking = lacked.length > 0 ? lacked : scopes;
  return {
    reason,
    challenge,
    operation,
    token,
    scopes,
    lacking,
    fail(code, about = lacking, cause?) {
      throw new StepUpError(code, operation, about, cause);
    },
  };
}

/**
 * Reads an answer: `undefined` if it is the caller's (a success, a 403 about something else, a
 * challenge for another scheme), `unusable_challenge` if it asks in a way that must not be acted on.
 *
 * Lenient: a 401 without any challenge asks for a login, as MCP allows.
 */
export function readRefusal(
  { status, headers }: Response,
  token: ClientToken | undefined,
): Need | 'unusable_challenge' | undefined {
  if (status !== 401 && status !== 403) return undefined;
  const value = headers.get('www-authenticate');
  if (value !== null && value.length > MAX_LENGTH) return 'unusable_challenge';
  // RFC 9449 s9: the same request with a fresh proof. No token is missing.
  const errors = parseChallenges(value).map(({ params }) => params.get('error'));
  if (errors.includes('use_dpop_nonce')) return undefined;
  const challenge = readBearerChallenge(value ?? '');
  if (challenge === undefined) return 'unusable_challenge';
  if (challenge === null && value !== null) return undefined;
  const reason = reasonOf(status, challenge?.error, token);
  return reason && { reason, challenge: challenge ?? undefined };
}

const RENEWABLE = [undefined, 'invalid_token', 'insufficient_user_authentication'];

/**
 * What an error asks for (RFC 6750 s3.1, RFC 9470 s3). Lenient: `insufficient_scope` counts with
 * status 401 too.
 */
export function reasonOf(
  status: 401 | 403,
  error: string | undefined,
  token: ClientToken | undefined,
): AuthorizationReason | undefined {
  const lacksScope = error === 'insufficient_scope';
  if (!lacksScope && !(status === 401 && RENEWABLE.includes(error))) return undefined;
  if (token === undefined) return 'login';
  return lacksScope ? 'step-up' : 'reauthenticate';
}
