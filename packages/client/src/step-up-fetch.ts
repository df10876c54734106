/**
 * A `fetch` that answers 401 and 403 `insufficient_scope` with an authorization, a bounded number
 * of times.
 *
 * @module
 */
import { isScopeSuperset } from '@scopegate/core';
import { recordSuccess } from './authorize.js';
import type { BearerChallenge } from './bearer-challenge.js';
import { createAuthorizationQueue } from './authorization-queue.js';
import { StepUpError } from './errors.js';
import type { ClientOperation } from './errors.js';
import { callListener } from './events.js';
import { createLedger } from './ledger.js';
import { nameOperation } from './operation.js';
import { checkOptions } from './options.js';
import type { StepUpFetchOptions } from './options.js';
import { createRefusedRequest, readAuthorizationNeed, reasonOf } from './refused-request.js';
import { isRedirect, isWithin, readRequest, urlOf } from './request.js';
import type { Fetch } from './request.js';
import { createTokens } from './token.js';

/** A `fetch` for one protected resource. */
export interface StepUpFetch extends Fetch {
  /**
   * Authorizes for a challenge that came another way, as in the result of a tool call
   * (`challengeFromToolResult`). Resolves when the operation can be repeated; the same limits apply.
   *
   * @param operation - its name, for the limits and for people
   * @throws {@link StepUpError}
   */
  stepUp(challenge: BearerChallenge, operation: string): Promise<void>;
  /** Deletes the ledger's entry: after a logout, or when the user wants to try again. */
  forget(): Promise<void>;
}

/** Enough for a login, two step-ups, and requests that were sent with an older token. */
const MAX_SENDINGS = 6;

/**
 * Makes a `fetch` for one protected resource and one user.
 *
 * It sends the token to the resource's URL and to URLs below it, nowhere else and never on a redirect. A
 * 401 starts a login or a renewal. A 403 with a Bearer challenge `insufficient_scope` starts a step-up for
 * the union of the scopes requested before, granted and challenged. Concurrent refusals share one
 * authorization. Every other response is returned unchanged.
 *
 * A request ends in a {@link StepUpError} after one login, after `limits.perOperation` step-ups, if
 * a step-up would ask for nothing new, and if `authorize` fails. Errors of `fetch`, of `token` and of an
 * aborted signal are passed on unchanged.
 *
 * Does not run the OAuth flow, check `iss` (RFC 9207) or store tokens: `authorize` must.
 *
 * @example
 * ```ts
 * const authorized = stepUpFetch({
 *   resource: 'https://notes.example.com/mcp',
 *   token: () => getToken(),
 *   authorize: ({ scope, resource, metadata }) =>
 *     signIn({ issuer: metadata?.authorization_servers?.[0], scope, resource }),
 * });
 * const response = await authorized('https://notes.example.com/mcp/notes');
 * ```
 * @throws {@link TypeError} naming the option
 * @group Client
 * @see {@link https://modelcontextprotocol.io/specification/draft/basic/authorization#step-up-authorization-flow MCP, Step-Up Authorization Flow}
 */
export function stepUpFetch(options: StepUpFetchOptions): StepUpFetch {
  const settings = checkOptions(options);
  // Called without a receiver: a browser's fetch refuses any other `this` than its own.
  const { resource, fetch } = settings;
  const tokens = createTokens(settings.token);
  const ledger = createLedger(settings.ledger, resource, settings.limits.forgetAfter);
  const waitForAuthorization = createAuthorizationQueue({ settings, ledger, tokens });
  /** By operation: the token with which `stepUp` last let it be repeated. */
  const repeated = new Map<string, string>();

  function reportingFailure<A extends unknown[], T>(run: (...args: A) => Promise<T>) {
    return async (...args: A): Promise<T> => {
      try {
        return await run(...args);
      } catch (error) {
        if (error instanceof StepUpError) callListener(settings.onGiveUp, error);
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
      const need = isMoved ? 'redirect_refused' : readAuthorizationNeed(response, token);
      if (need === undefined) {
        const { status } = response;
        // Not awaited, because a ledger that fails only counts one attempt too many.
        if (operation && status !== 401 && status !== 403) {
          recordSuccess(ledger, operation).catch(() => undefined);
        }
        return response;
      }
      // Frees the connection, since the body is not read.
      response.body?.cancel().catch(() => undefined);
      operation ??= await nameOperation(request);
      if (typeof need === 'string') throw new StepUpError(need, operation, []);
      const refused = createRefusedRequest(need, operation, token);
      if (sendings > 1 && need.reason !== 'step-up') refused.fail('refused_again');
      // The last request showed that no other scope of the token implies the missing ones.
      if (missing.length > 0) refused.fail('partial_grant', missing);
      if (sendings === MAX_SENDINGS) refused.fail('operation_limit');
      missing = await waitForAuthorization(refused, request.signal);
      if (!request.isRepeatable) refused.fail('body_not_repeatable');
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
      // It is unknown which token the result was for. If the present one should be enough, try it once.
      const isNew = repeated.get(name) !== token.accessToken;
      repeated.set(name, token.accessToken);
      if (isNew && isScopeSuperset(token.scope, challenge.scopes)) return;
    }
    await waitForAuthorization(createRefusedRequest({ reason, challenge }, operation, token));
  }

  return Object.assign(reportingFailure(send), {
    stepUp: reportingFailure(stepUp),
    forget: ledger.delete,
  });
}
