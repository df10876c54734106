/**
 * Runs one authorization: records it in the ledger, calls the application, and checks that there is a new
 * token.
 *
 * @module
 */
import type { StepUpErrorCode } from './errors.js';
import type { Ledger } from './ledger.js';
import { unionScopes } from '@scopegate/core';
import { emitEvent } from './events.js';
import type { Settings } from './options.js';
import { planAuthorization } from './plan.js';
import type { RefusedRequest } from './refused-request.js';
import { missingScopes } from './scopes.js';
import type { Tokens } from './token.js';

/** The objects of one `stepUpFetch` that all of its authorizations use. */
export interface AuthorizationContext {
  readonly settings: Settings;
  readonly ledger: Ledger;
  readonly tokens: Tokens;
}

/**
 * Runs one authorization for a refused request and for the other requests that wait. The promise resolves when
 * there is a new token, whatever scopes it has.
 *
 * @throws {@link StepUpError} if it must not run, failed, or brought no new token; errors of `token`, of the
 *   ledger and of the `approve` functions are thrown as they are
 */
export async function authorize(
  { settings, ledger, tokens }: AuthorizationContext,
  refused: RefusedRequest,
  challenged: readonly string[],
): Promise<void> {
  const { reason, operation, fail } = refused;
  const request = await planAuthorization(settings, await ledger.read(), refused, challenged);
  const { added, scope, metadata } = request;
  // The attempt is recorded before it begins, because a redirect may end the page.
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
  if (token === undefined || token.accessToken === refused.token?.accessToken) {
    return fail('no_new_token', added);
  }
  const granted = token.scope ?? result?.scope;
  tokens.remember({ ...token, scope: granted ?? scope, asked: scope });
  const isPartial =
    reason === 'step-up' && missingScopes(granted ?? scope ?? '', refused.scopes).length > 0;
  await ledger.update(({ issuer, requested }) => ({
    // If a step-up did not get all scopes, store those that it got, so that no renewal asks for the others.
    requested: isPartial ? unionScopes(requested, granted) : scope,
    issuer: metadata?.authorization_servers?.[0] ?? issuer,
  }));
}

/** Records that an operation succeeded, because its limit counts unsuccessful attempts only. */
export async function recordSuccess(ledger: Ledger, id: string): Promise<void> {
  await ledger.update(({ attempts }) => ({
    attempts: attempts
      // Remove logins and renewals that worked: tokens expire often, and renewing them must not reach a limit.
      .filter((one) => one.operation !== id || one.reason === 'step-up')
      .map((one) => (one.operation === id ? { ...one, ok: true } : one)),
  }));
}

/** Returns the OAuth error code if it is one of these. Client libraries write it into one of three members. */
function codeOf(error: unknown): StepUpErrorCode {
  const { error: a, errorCode: b, code: c } = Object(error) as Readonly<Record<string, unknown>>;
  const known = ['access_denied', 'invalid_scope', 'unmet_authentication_requirements'] as const;
  return known.find((code) => [a, b, c].includes(code)) ?? 'authorization_failed';
}
