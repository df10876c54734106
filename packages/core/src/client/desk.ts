/**
 * Where refusals come together: one authorization at a time, for all that it can help.
 *
 * @module
 */
import { isScopeSuperset } from '../scope/index.js';
import { authorize } from './authorize.js';
import type { Context } from './authorize.js';
import { StepUpError } from './errors.js';
import { eventOf, tell } from './events.js';
import type { Refusal } from './refusal.js';
import { lackingScopes } from './scopes.js';
import { untilAborted } from './settle.js';
import { isSame } from './token.js';

/** Answers a refusal: resolves when the request can be sent again. */
export type AnswerRefusal = (refusal: Refusal, signal?: AbortSignal | null) => Promise<void>;

interface Flight {
  readonly scopes: readonly string[];
  /** Never rejects. */
  readonly end: Promise<StepUpError | undefined>;
}

export function createDesk(context: Context): AnswerRefusal {
  const { settings, tokens } = context;
  let flight: Flight | undefined;
  const waiting = new Set<readonly string[]>();

  function start(refusal: Refusal): Flight {
    // Whoever queued meanwhile needs no authorization of its own.
    const scopes = [...new Set([...waiting].flat())];
    const end = authorize(context, refusal, scopes)
      .then(
        () => undefined,
        (error: unknown) =>
          error instanceof StepUpError
            ? error
            : new StepUpError('authorization_failed', refusal.operation, scopes, error),
      )
      .finally(() => (flight = undefined));
    return (flight = { scopes, end });
  }

  return async (refusal, signal) => {
    const { reason, operation, token } = refusal;
    const scopes = [...(refusal.challenge?.scopes ?? [])];
    const { allowedScopes } = settings;
    const lacking = lackingScopes(token?.scope ?? '', scopes);
    // Some servers repeat what the token has; people need to know what it lacks.
    const named = lacking.length > 0 ? lacking : scopes;
    tell(settings.onChallenge, eventOf(refusal, named));
    if (!settings.authorize || (reason === 'step-up' && settings.interactive === false)) {
      throw new StepUpError('cannot_authorize', operation, named);
    }
    if (allowedScopes && !isScopeSuperset(allowedScopes, scopes)) {
      throw new StepUpError('scope_not_allowed', operation, named);
    }
    waiting.add(scopes);
    try {
      for (;;) {
        const now = await tokens.read();
        const isNew = now !== undefined && !isSame(token, now.accessToken);
        const isEnough =
          reason !== 'step-up' || now?.scope === undefined || isScopeSuperset(now.scope, scopes);
        if (isNew && isEnough) return;
        const running = flight;
        const { scopes: asked, end } = running ?? start(refusal);
        const error = await untilAborted(end, signal);
        if (!running) {
          if (error) throw error;
          return;
        }
        const isCovered = reason !== 'step-up' || isScopeSuperset(asked, scopes);
        if (error && isCovered && !ABOUT_THE_OTHER.includes(error.code)) {
          throw new StepUpError(error.code, operation, named, error.cause);
        }
      }
    } finally {
      waiting.delete(scopes);
    }
  };
}

/** Codes that say nothing about another operation that waited. */
const ABOUT_THE_OTHER = ['operation_limit', 'nothing_new'];
