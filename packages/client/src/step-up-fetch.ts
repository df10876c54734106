/**
 * A `fetch` that answers 401 and 403 `insufficient_scope` with an authorization, a bounded number
 * of times.
 *
 * @module
 */
import { isScopeSuperset } from '@scopegate/core';
import { settle } from './authorize.js';
import type { BearerChallenge } from './bearer-challenge.js';
import { createDesk } from './desk.js';
import { StepUpError } from './errors.js';
import type { ClientOperation } from './errors.js';
import { tell } from './events.js';
import { discard, isRedirect } from './fetch-document.js';
import { createLedger } from './ledger.js';
import { nameOperation } from './operation.js';
import { checkOptions } from './options.js';
import type { StepUpFetchOptions } from './options.js';
import { createRefusal, readRefusal, reasonOf } from './refusal.js';
import { readRequest, urlOf } from './request.js';
import type { Fetch } from './request.js';
import { isWithin } from './secure-url.js';
import { createTokens } from './token.js';

/** A `fetch`, and what goes beyond one. */
export interface StepUpFetch extends Fetch {
  /**
   * Authorizes for a challenge that came another way, as in the result of a tool call
   * (`challengeFromToolResult`). Resolves when the operation can be repeated; the same bounds hold.
   *
   * @param operation - names it, for the bounds and for people
   * @throws {@link StepUpError}
   */
  stepUp(challenge: BearerChallenge, operation: string): Promise<void>;
  /** Forgets what was asked for: after a logout, or when the user wants to be asked again. */
  forget(): Promise<void>;
}

/** No more than a login, two step-ups, and answers to requests that met an older token. */
const MAX_SENDINGS = 6;

/**
 * Makes a `fetch` for one protected resource and one user.
 *
 * It sends the token to the resource's URL and below it, nowhere else and never on a redirect. A
 * 401 gets a login or a renewal, a 403 with a Bearer challenge `insufficient_scope` a step-up: the
 * union of the scopes requested before, granted and challenged. Concurrent refusals share one
 * authorization. Any other answer is the caller's, as it is.
 *
 * A request ends in a {@link StepUpError} after one login, after `limits.perOperation` step-ups, if
 * a step-up would ask for nothing new, and on whatever `authorize` fails with. Errors of `fetch`, of
 * `token` and of an aborted signal come through as they are.
 *
 * Does not run the OAuth flow, check `iss` (RFC 9207) or keep tokens: `authorize` does.
 *
 * @throws {@link TypeError} naming the option
 * @group Client
 * @see {@link https://modelcontextprotocol.io/specification/draft/basic/authorization#step-up-authorization-flow MCP, Step-Up Authorization Flow}
 */
export function stepUpFetch(options: StepUpFetchOptions): StepUpFetch {
  const settings = checkOptions(options);
  // Called bare: a browser's fetch refuses any `this` of somebody else.
  const { resource, fetch } = settings;
  const tokens = createTokens(settings.token);
  const ledger = createLedger(settings.ledger, resource, settings.limits.forgetAfter);
  const answer = createDesk({ settings, ledger, tokens });
  /** By operation, the token with which it was last told to repeat. */
  const repeated = new Map<string, string>();

  function telling<A extends unknown[], T>(run: (...args: A) => Promise<T>) {
    return async (...args: A): Promise<T> => {
      try {
        return await run(...args);
      } catch (error) {
        if (error instanceof StepUpError) tell(settings.onGiveUp, error);
        throw error;
      }
    };
  }

  async function send(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const url = urlOf(input);
    if (!isWithin(resource, url)) return fetch(input, init);
    const request = readRequest(url, input, init);
    let operation: ClientOperation | undefined;
    let missing: readonly string[] = [];
    for (let sendings = 1; ; sendings += 1) {
      const token = await tokens.read();
      const response = await request.send(fetch, token?.accessToken);
      const isMoved =
        response.redirected || (request.redirect !== 'manual' && isRedirect(response));
      const need = isMoved ? 'redirect_refused' : readRefusal(response, token);
      if (need === undefined) {
        const { status } = response;
        // Not waited for: the answer is there, and a ledger that fails now only counts too much.
        if (operation && status !== 401 && status !== 403) {
          settle(ledger, operation).catch(() => undefined);
        }
        return response;
      }
      discard(response);
      operation ??= await nameOperation(request);
      if (typeof need === 'string') throw new StepUpError(need, operation, []);
      const refusal = createRefusal(need, operation, token);
      if (sendings > 1 && need.reason !== 'step-up') refusal.fail('refused_again');
      // One try has told that no other scope of the token implies what is missing.
      if (missing.length > 0) refusal.fail('partial_grant', missing);
      if (sendings === MAX_SENDINGS) refusal.fail('operation_limit');
      missing = await answer(refusal, request.signal);
      if (!request.isRepeatable) refusal.fail('body_not_repeatable');
    }
  }

  async function stepUp(challenge: BearerChallenge, name: string): Promise<void> {
    const operation = { id: name, label: name };
    const token = await tokens.read();
    const reason = reasonOf(401, challenge.error, token);
    if (reason === undefined) {
      throw new StepUpError('unusable_challenge', operation, challenge.scopes);
    }
    if (reason === 'step-up' && token?.scope !== undefined) {
      // Nobody knows which token this result met. If the present one should do, it is tried once.
      const isNew = repeated.get(name) !== token.accessToken;
      repeated.set(name, token.accessToken);
      if (isNew && isScopeSuperset(token.scope, challenge.scopes)) return;
    }
    await answer(createRefusal({ reason, challenge }, operation, token));
  }

  return Object.assign(telling(send), { stepUp: telling(stepUp), forget: ledger.delete });
}
