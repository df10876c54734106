/**
 * Where refusals come together: one authorization at a time, for all that it can help.
 *
 * @module
 */
import { isScopeSuperset } from '../scope/index.js';
import { authorize } from './authorize.js';
import type { Context } from './authorize.js';
import { StepUpError } from './errors.js';
import { announce } from './events.js';
import type { Refusal } from './refusal.js';
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
    const scopes = [...waiting].flat();
    const end = authorize(context, refusal, scopes)
      .then(
        () => undefined,
        (error: unknown) =>
          error instanceof StepUpError
            ? error
            : new StepUpError('authorization_failed', refusal.operation, refusal.lacking, error),
      )
      .finally(() => (flight = undefined));
    return (flight = { scopes, end });
  }

  return async (refusal, signal) => {
    const { reason, token, lacking, fail } = refusal;
    // A list of its own, to be told from another's of the same scopes.
    const scopes = [...refusal.scopes];
    announce(settings.onChallenge, refusal, lacking);
    if (!settings.authorize || (reason === 'step-up' && settings.interactive === false)) {
      fail('cannot_authorize');
    }
    if (!isScopeSuperset(settings.allowedScopes ?? scopes, scopes)) fail('scope_not_allowed');
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
          fail(error.code, lacking, error.cause);
        }
      }
    } finally {
      waiting.delete(scopes);
    }
  };
}

/** Codes that say nothing about another operation that waited. */
const ABOUT_THE_OTHER = ['operation_limit', 'nothing_new'];
