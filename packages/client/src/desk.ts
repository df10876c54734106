/**
 * Where refusals come together: one authorization at a time, for all that it can help.
 *
 * @module
 */
import { isScopeSuperset } from '@scopegate/core';
import { authorize } from './authorize.js';
import type { Context } from './authorize.js';
import { StepUpError } from './errors.js';
import { announce } from './events.js';
import type { Refusal } from './refusal.js';
import { lackingScopes } from './scopes.js';
import { untilAborted } from './settle.js';
import { isSame } from './token.js';

/**
 * Answers a refusal: resolves when the request can be sent again, with the scopes that the new token
 * lacks by its own words. A broader one that it has may imply them: only the resource knows.
 */
export type AnswerRefusal = (
  refusal: Refusal,
  signal?: AbortSignal | null,
) => Promise<readonly string[]>;

/** One authorization that runs, and what came of it: never rejects. */
type Flight = Promise<{
  readonly asked: readonly string[];
  readonly error?: StepUpError;
}>;

export function createDesk(context: Context): AnswerRefusal {
  const { settings, tokens } = context;
  let flight: Flight | undefined;
  const waiting = new Set<readonly string[]>();

  async function start(refusal: Refusal): Flight {
    // Whoever queued meanwhile needs no authorization of its own.
    const asked = [...waiting].flat();
    try {
      await authorize(context, refusal, asked);
      return { asked };
    } catch (error) {
      const { operation, lacking } = refusal;
      const isOurs = error instanceof StepUpError;
      return {
        asked,
        error: isOurs ? error : new StepUpError('authorization_failed', operation, lacking, error),
      };
    } finally {
      flight = undefined;
    }
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
        const held = reason === 'step-up' ? now?.scope : undefined;
        const missing = held === undefined ? [] : lackingScopes(held, scopes);
        const isAnswer = missing.length === 0 || isScopeSuperset(now?.asked ?? '', scopes);
        if (isNew && isAnswer) return missing;
        const isMine = flight === undefined;
        const { asked, error } = await untilAborted((flight ??= start(refusal)), signal);
        if (isMine && error) throw error;
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
