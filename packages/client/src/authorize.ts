/**
 * One authorization: recorded in the ledger, run by the application, and checked by the token it gave.
 *
 * @module
 */
import type { ClientOperation, StepUpErrorCode } from './errors.js';
import type { Ledger } from './ledger.js';
import { unionScopes } from '@scopegate/core';
import { emitEvent } from './events.js';
import type { Settings } from './options.js';
import { planAuthorization } from './plan.js';
import type { RefusedRequest } from './refused-request.js';
import { missingScopes } from './scopes.js';
import { isSameToken } from './token.js';
import type { Tokens } from './token.js';

/** The parts of one `stepUpFetch` that its authorizations share. */
export interface AuthorizationContext {
  readonly settings: Settings;
  readonly ledger: Ledger;
  readonly tokens: Tokens;
}

/**
 * Runs one authorization for a refused request and for the others that wait. Resolves when there is a
 * new token, whatever scopes it has.
 *
 * @throws if there is no new token
 */
export async function authorize(
  { settings, ledger, tokens }: AuthorizationContext,
  refused: RefusedRequest,
  challenged: readonly string[],
): Promise<void> {
  const { reason, operation, fail } = refused;
  const request = await planAuthorization(settings, await ledger.read(), refused, challenged);
  const { added, scope, metadata } = request;
  // Recorded before it begins, because a redirect may end the page.
  await ledger.update(({ attempts }) => ({
    attempts: [
      ...attempts,
      { reason, operation: operation.id, added: added.join(' '), at: Date.now(), ok: false },
    ],
  }));
  if (reason === 'step-up') emitEvent(settings.onStepUp, refused, added);
  const run = async () => settings.authorize?.(request);
  const result = await run().catch((error: unknown) => fail(codeOf(error), added, error));
  if (result === 'redirected') return fail('authorization_pending', added);
  const token = await tokens.read();
  if (token === undefined || isSameToken(refused.token, token.accessToken)) {
    return fail('no_new_token', added);
  }
  const granted = token.scope ?? result?.scope;
  tokens.remember({ accessToken: token.accessToken, scope: granted ?? scope, asked: scope });
  const isPartial =
    reason === 'step-up' && missingScopes(granted ?? scope ?? '', refused.scopes).length > 0;
  await ledger.update(({ issuer, requested }) => ({
    // Scopes that the user declined are not asked for again with the next login.
    requested: isPartial ? unionScopes(requested, granted) : scope,
    issuer: metadata?.authorization_servers?.[0] ?? issuer,
  }));
}

/** Records that an operation succeeded: only unsuccessful attempts count against it. */
export async function recordSuccess(ledger: Ledger, { id }: ClientOperation): Promise<void> {
  await ledger.update(({ attempts }) => ({
    attempts: attempts
      // Tokens expire all day, so renewals that worked are not counted.
      .filter(({ operation, reason }) => operation !== id || reason === 'step-up')
      .map((one) => (one.operation === id ? { ...one, ok: true } : one)),
  }));
}

/** Reads OAuth's error code where client libraries put it: `error`, `errorCode` or `code`. */
function codeOf(error: unknown): StepUpErrorCode {
  const { error: a, errorCode: b, code: c } = Object(error) as Readonly<Record<string, unknown>>;
  const known = ['access_denied', 'invalid_scope'] as const;
  return known.find((code) => [a, b, c].includes(code)) ?? 'authorization_failed';
}
