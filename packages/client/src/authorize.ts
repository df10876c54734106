/**
 * One authorization: entered in the ledger, run by the application, and judged by its token.
 *
 * @module
 */
import type { ClientOperation, StepUpErrorCode } from './errors.js';
import type { Ledger } from './ledger.js';
import { unionScopes } from '@scopegate/core';
import { announce } from './events.js';
import type { Settings } from './options.js';
import { planAuthorization } from './plan.js';
import type { Refusal } from './refusal.js';
import { lackingScopes } from './scopes.js';
import { isSame } from './token.js';
import type { Tokens } from './token.js';

/** What an authorization works with. */
export interface Context {
  readonly settings: Settings;
  readonly ledger: Ledger;
  readonly tokens: Tokens;
}

/**
 * Runs one authorization for a refusal and for whoever else waits. Resolves when there is a new
 * token, whatever scopes it has.
 *
 * @throws whenever there is none
 */
export async function authorize(
  { settings, ledger, tokens }: Context,
  refusal: Refusal,
  challenged: readonly string[],
): Promise<void> {
  const { reason, operation, fail } = refusal;
  const request = await planAuthorization(settings, await ledger.read(), refusal, challenged);
  const { added, scope, metadata } = request;
  // Entered before it begins: the page may not live to see its end.
  await ledger.update(({ attempts }) => ({
    attempts: [
      ...attempts,
      { reason, operation: operation.id, added: added.join(' '), at: Date.now(), ok: false },
    ],
  }));
  if (reason === 'step-up') announce(settings.onStepUp, refusal, added);
  const run = async () => settings.authorize?.(request);
  const result = await run().catch((error: unknown) => fail(codeOf(error), added, error));
  if (result === 'redirected') return fail('authorization_pending', added);
  const token = await tokens.read();
  if (token === undefined || isSame(refusal.token, token.accessToken)) {
    return fail('no_new_token', added);
  }
  const granted = token.scope ?? result?.scope;
  tokens.remember({ accessToken: token.accessToken, scope: granted ?? scope, asked: scope });
  const isPartial =
    reason === 'step-up' && lackingScopes(granted ?? scope ?? '', refusal.scopes).length > 0;
  await ledger.update(({ issuer, requested }) => ({
    // What was declined is not asked for again with the next login.
    requested: isPartial ? unionScopes(requested, granted) : scope,
    issuer: metadata?.authorization_servers?.[0] ?? issuer,
  }));
}

/** Notes that an operation went through: only what was asked for in vain is counted against it. */
export async function settle(ledger: Ledger, { id }: ClientOperation): Promise<void> {
  await ledger.update(({ attempts }) => ({
    attempts: attempts
      // Tokens run out all day: no count is kept of renewals that worked.
      .filter(({ operation, reason }) => operation !== id || reason === 'step-up')
      .map((one) => (one.operation === id ? { ...one, ok: true } : one)),
  }));
}

/** OAuth's error code as the libraries carry it: `error`, `errorCode` or `code`. */
function codeOf(error: unknown): StepUpErrorCode {
  const { error: a, errorCode: b, code: c } = Object(error) as Readonly<Record<string, unknown>>;
  const known = ['access_denied', 'invalid_scope'] as const;
  return known.find((code) => [a, b, c].includes(code)) ?? 'authorization_failed';
}
