/**
 * One authorization: entered in the ledger, run by the application, and judged by its token.
 *
 * @module
 */
import { StepUpError } from './errors.js';
import type { ClientOperation, StepUpErrorCode } from './errors.js';
import type { Attempt, Ledger } from './ledger.js';
import { eventOf, tell } from './events.js';
import type { Settings } from './options.js';
import { attemptName, planAuthorization } from './plan.js';
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
 * token that has, as far as can be known, what the refused request needs.
 *
 * @throws whenever there is none
 */
export async function authorize(
  { settings, ledger, tokens }: Context,
  refusal: Refusal,
  challenged: readonly string[],
): Promise<void> {
  const request = await planAuthorization(settings, await ledger.read(), refusal, challenged);
  const { reason, added, scope } = request;
  const fail = (code: StepUpErrorCode, scopes = added, cause?: unknown): never => {
    throw new StepUpError(code, refusal.operation, scopes, cause);
  };
  const attempt: Attempt = {
    operation: attemptName(refusal),
    added: added.join(' '),
    at: Date.now(),
  };
  // Entered before it begins: the page may not live to see its end.
  await ledger.update(({ attempts }) => ({ attempts: [...attempts, attempt] }));
  if (reason === 'step-up') tell(settings.onStepUp, eventOf(refusal, added));
  const run = async () => settings.authorize?.(request);
  const result = await run().catch((error: unknown) => fail(codeOf(error), added, error));
  if (result === 'redirected') return fail('authorization_pending');
  const token = await tokens.read();
  if (token === undefined || isSame(refusal.token, token.accessToken)) return fail('no_new_token');
  const granted = token.scope ?? result?.scope;
  // Seen before the request is sent again, which could only be refused.
  const needed = refusal.challenge?.scopes ?? [];
  const lacking = granted === undefined ? [] : lackingScopes(granted, needed);
  if (reason === 'step-up' && lacking.length > 0) return fail('partial_grant', lacking);
  tokens.remember(token, granted ?? scope);
  const issuer = request.metadata?.authorization_servers?.[0];
  await ledger.update(() => ({ requested: scope, ...(issuer !== undefined && { issuer }) }));
}

/** Notes that an operation went through: only what was asked for in vain is counted against it. */
export async function settle(ledger: Ledger, operation: ClientOperation): Promise<void> {
  const name = (reason: Refusal['reason']): string => attemptName({ reason, operation });
  await ledger.update(({ attempts }) => ({
    attempts: attempts
      // Tokens run out all day: no count is kept of renewals that worked.
      .filter((one) => one.operation !== name('login') && one.operation !== name('reauthenticate'))
      .map((one) => (one.operation === name('step-up') ? { ...one, ok: true } : one)),
  }));
}

/** OAuth's error code as the libraries carry it: `error`, `errorCode` or `code`. */
function codeOf(error: unknown): StepUpErrorCode {
  const { error: a, errorCode: b, code: c } = Object(error) as Readonly<Record<string, unknown>>;
  for (const code of [a, b, c]) {
    if (code === 'access_denied' || code === 'invalid_scope') return code;
  }
  return 'authorization_failed';
}
