/**
 * A queue of refused requests. One authorization runs at a time, for the scopes of all requests that wait.
 *
 * @module
 */
import { isScopeSuperset } from '@scopegate/core';
import { authorize } from './authorize.js';
import type { AuthorizationContext } from './authorize.js';
import { StepUpError } from './errors.js';
import { emitEvent } from './events.js';
import type { RefusedRequest } from './refused-request.js';
import { missingScopes } from './scopes.js';

/**
 * Waits until the refused request can be sent again. The result lists the scopes of the challenge that the
 * new token does not name. A broader scope of the token may imply them, which only the resource knows.
 */
export type AuthorizationQueue = (
  refused: RefusedRequest,
  signal?: AbortSignal | null,
) => Promise<readonly string[]>;

/** One running authorization and its result. The promise never rejects. */
type RunningAuthorization = Promise<{
  readonly asked: readonly string[];
  readonly error?: StepUpError;
}>;

export function createAuthorizationQueue(context: AuthorizationContext): AuthorizationQueue {
  const { settings, tokens } = context;
  let running: RunningAuthorization | undefined;
  const waiting = new Set<readonly string[]>();

  async function start(refused: RefusedRequest): RunningAuthorization {
    // Ask for the scopes of all requests that wait now, so that they need no authorization of their own.
    const asked = [...waiting].flat();
    try {
      await authorize(context, refused, asked);
      return { asked };
    } catch (error) {
      const { operation, missing } = refused;
      const isStepUpError = error instanceof StepUpError;
      return {
        asked,
        error: isStepUpError
          ? error
          : new StepUpError('authorization_failed', operation, missing, error),
      };
    } finally {
      running = undefined;
    }
  }

  return async (refused, signal) => {
    const { reason, token, missing, fail } = refused;
    // The list is copied, because the set compares by identity and each request must have its own entry.
    const scopes = [...refused.scopes];
    emitEvent(settings.onChallenge, refused, missing);
    if (!settings.authorize || (reason === 'step-up' && settings.interactive === false)) {
      fail('cannot_authorize');
    }
    if (!isScopeSuperset(settings.allowedScopes ?? scopes, scopes)) fail('scope_not_allowed');
    waiting.add(scopes);
    try {
      for (;;) {
        const now = await tokens.read();
        const isNew = now !== undefined && now.accessToken !== token?.accessToken;
        const isKnown = reason === 'step-up' && now?.scope !== undefined;
        const stillMissing = isKnown ? missingScopes(now.scope, scopes) : [];
        const isAnswer = stillMissing.length === 0 || isScopeSuperset(now?.asked ?? '', scopes);
        if (isNew && isAnswer) return stillMissing;
        const isFirst = running === undefined;
        const { asked, error } = await untilAborted((running ??= start(refused)), signal);
        if (isFirst && error) throw error;
        const isCovered = reason !== 'step-up' || isScopeSuperset(asked, scopes);
        if (error && isCovered && !CODES_OF_ONE_OPERATION.includes(error.code)) {
          fail(error.code, missing, error.cause);
        }
      }
    } finally {
      waiting.delete(scopes);
    }
  };
}

/**
 * Errors that apply to one operation only. Other requests that waited for the same authorization try again.
 */
const CODES_OF_ONE_OPERATION = ['operation_limit', 'nothing_new'];

/**
 * Waits for the promise until the signal is aborted, and then rejects with the signal's reason. The signal
 * does not stop the authorization.
 */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- a reason is what it is
    const stop = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', stop);
    promise.then(resolve, reject).finally(() => signal?.removeEventListener('abort', stop));
    if (signal?.aborted) stop();
  });
}
