/**
 * Which answers ask for an authorization, and for which one.
 *
 * @module
 */
import { parseChallenges } from '../http/index.js';
import { readBearerChallenge } from './bearer-challenge.js';
import type { BearerChallenge } from './bearer-challenge.js';
import type { ClientOperation } from './errors.js';
import type { AuthorizationReason, ClientToken } from './options.js';

/** A request that was refused, as far as an authorization must know it. */
export interface Refusal {
  readonly reason: AuthorizationReason;
  readonly operation: ClientOperation;
  readonly challenge: BearerChallenge | undefined;
  /** The token that was not enough. */
  readonly token: ClientToken | undefined;
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
): Pick<Refusal, 'reason' | 'challenge'> | 'unusable_challenge' | undefined {
  if (status !== 401 && status !== 403) return undefined;
  const value = headers.get('www-authenticate');
  // RFC 9449 s9: the same request with a fresh proof. No token is missing.
  if (value?.includes('use_dpop_nonce') === true && asksForNonce(value)) return undefined;
  const challenge = value === null ? null : readBearerChallenge(value);
  if (challenge === undefined) return 'unusable_challenge';
  if (challenge === null && value !== null) return undefined;
  const reason = reasonOf(status, challenge?.error, token);
  return reason && { reason, challenge: challenge ?? undefined };
}

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
  const mayRenew =
    error === undefined ||
    error === 'invalid_token' ||
    error === 'insufficient_user_authentication';
  if (!lacksScope && !(status === 401 && mayRenew)) return undefined;
  if (token === undefined) return 'login';
  return lacksScope ? 'step-up' : 'reauthenticate';
}

function asksForNonce(value: string): boolean {
  return parseChallenges(value).some(({ params }) => params.get('error') === 'use_dpop_nonce');
}
