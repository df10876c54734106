/**
 * Makes a `fetch` that runs an authorization after a 401 or a 403 `insufficient_scope`, a limited number of
 * times.
 *
 * @module
 */
import { isScopeSuperset } from '@scopegate/core';
import { recordSuccess } from './authorize.js';
import type { BearerChallenge } from './bearer-challenge.js';
import { createAuthorizationQueue } from './authorization-queue.js';
import { StepUpError, showUrl } from './errors.js';
import type { ClientOperation } from './errors.js';
import { callListener } from './events.js';
import { createLedger } from './ledger.js';
import { nameOperation } from './operation.js';
import { checkOptions } from './options.js';
import type { StepUpFetchOptions } from './options.js';
import { createProofSender } from './proofs.js';
import { createRefusedRequest, readAuthorizationNeed, reasonOf } from './refused-request.js';
import { isRedirect, isWithin, readRequest, urlOf } from './request.js';
import type { Fetch } from './request.js';
import { createTokens, withoutToken } from './token.js';
import type { ClientToken } from './types.js';

/** A `fetch` for one protected resource. */
export interface StepUpFetch extends Fetch {
  /**
   * Runs an authorization for a challenge that did not come in a header, such as one in the result of a tool
   * call (`challengeFromToolResult`). The promise resolves when the operation can be repeated, also without an
   * authorization if the token has the scopes. The same limits apply. The client does not learn whether the
   * repeated operation succeeds: each authorization counts as one after which it failed, until `succeeded` is
   * called.
   *
   * @param operation - the name of the operation, for the limits and for people
   * @throws {@link StepUpError} if the operation cannot be authorized
   */
  stepUp(challenge: BearerChallenge, operation: string): Promise<void>;
  /**
   * Records that an operation of `stepUp` succeeded, so that logins and renewals for it are no longer counted.
   * Without this call, the third renewal within `limits.forgetAfter` fails with `operation_limit`. The promise
   * never rejects: if the ledger fails, the authorizations still count. Also call it when a request succeeded
   * that you sent again after `body_not_repeatable` or `authorization_pending`.
   *
   * @param operation - the name that was given to `stepUp`, or `operation.id` of the `StepUpError`
   */
  succeeded(operation: string): Promise<void>;
  /** Deletes the ledger's entry. Call it after a logout, or when the user wants to try again. */
  forget(): Promise<void>;
}

/**
 * Maximum number of times that a request is sent: enough for a login, two step-ups, and outdated tokens. A
 * repetition for a DPoP nonce is not counted.
 */
const MAX_SENDINGS = 6;

/** The maximum if the resource required another login (RFC 9470): enough for three authorizations. */
const MAX_SENDINGS_WITH_LOGIN = 4;

/**
 * Makes a `fetch` for one protected resource and one user.
 *
 * It sends the token only to the resource's URL and to URLs below it, and never after a redirect; `onOutside`
 * is called for other requests. With `dpop`, each request with a token has a new proof. A 401 without a token
 * starts a login, and one with `invalid_token` or without an error a renewal. A challenge `insufficient_scope`
 * starts a step-up for the union of the scopes requested before, granted and challenged. Concurrent refusals
 * share one authorization. A redirect fails with a {@link StepUpError}, unless the request has
 * `redirect: 'manual'`. Every other response is returned unchanged.
 *
 * A request that is still refused fails with a `StepUpError` after one login or renewal, one more if the
 * resource requires another login, and after `limits.perOperation` step-ups. It also fails if its step-up would
 * ask for nothing new, if `authorize` fails, and if the challenge cannot be used. Errors of `fetch`, of `token`
 * and of an aborted signal are passed on unchanged; after an authorization, one of `token` is the `cause`.
 *
 * It does not run the OAuth flow, check `iss` (RFC 9207) or store tokens: `authorize` must do this.
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
  // `fetch` is called without a receiver, because a browser's `fetch` refuses another `this` than its own.
  const { resource, fetch } = settings;
  const sendWithProof = settings.dpop && createProofSender(settings.dpop);
  const schemes = settings.dpop ? ['bearer', 'dpop'] : ['bearer'];
  const tokens = createTokens(settings.token);
  const ledger = createLedger(settings.ledger, resource, settings.limits.forgetAfter);
  const waitForAuthorization = createAuthorizationQueue({ settings, ledger, tokens });
  /** The token with which `stepUp` was last called for an operation, by the operation's name. */
  const repeated = new Map<string, string>();

  // If the ledger fails, an authorization that helped counts as one after which the operation failed.
  const succeeded = (operation: string): Promise<void> =>
    recordSuccess(ledger, operation).catch(() => undefined);

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
    if (!isWithin(resource, url)) {
      const response = await fetch(input, init);
      const { status } = response;
      callListener(settings.onOutside, { url: showUrl(url.href), resource, status });
      return response;
    }
    const request = readRequest(url, input, init);
    let operation: ClientOperation | undefined;
    let missing: readonly string[] = [];
    let isLoginAsked = false;
    for (let sendings = 1; ; sendings += 1) {
      const token = await tokens.read();
      const response =
        token && sendWithProof
          ? await sendWithProof(request, fetch, token.accessToken)
          : await request.send(fetch, token?.accessToken);
      const isMoved =
        response.redirected || (request.redirect !== 'manual' && isRedirect(response));
      const need = isMoved ? {} : readAuthorizationNeed(response, token, schemes);
      if (need === undefined) {
        const { status } = response;
        if (operation && ![401, 403].includes(status)) {
          void succeeded(operation.id);
        }
        return response;
      }
      // The body is not read, so cancel it to free the connection.
      response.body?.cancel().catch(() => undefined);
      operation ??= await nameOperation(request);
      if (isMoved) {
        const fact = describeRedirect(response, url, token);
        throw new StepUpError('redirect_refused', operation, [], undefined, fact);
      }
      const refused = createRefusedRequest(need, operation, token);
      // The resource may require another login (RFC 9470) also with a new token. It gets one such login.
      const isLogin = refused.challenge?.error === 'insufficient_user_authentication';
      if (sendings > 1 && refused.reason !== 'step-up' && (isLoginAsked || !isLogin)) {
        refused.fail('refused_again');
      }
      isLoginAsked ||= isLogin;
      // The token lacked scopes of the last challenge. The new refusal shows that no other scope implies them.
      if (missing.length > 0) refused.fail('partial_grant', missing);
      if (sendings >= (isLoginAsked ? MAX_SENDINGS_WITH_LOGIN : MAX_SENDINGS)) {
        refused.fail('operation_limit');
      }
      missing = await waitForAuthorization(refused, request.signal);
      if (!request.isRepeatable) refused.fail('body_not_repeatable');
    }
  }

  async function stepUp(challenge: BearerChallenge, name: string): Promise<void> {
    const token = await tokens.read();
    const operation = { id: name, label: name };
    const reason = reasonOf(401, challenge.error, token);
    const refused = createRefusedRequest({ reason, challenge }, operation, token);
    if (reason === 'step-up' && token?.scope !== undefined) {
      // It is not known with which token the challenge came. If the present token has the scopes, let the
      // operation be repeated once with it.
      const isNew = repeated.get(name) !== token.accessToken;
      repeated.set(name, token.accessToken);
      if (isNew && isScopeSuperset(token.scope, challenge.scopes)) return;
    }
    await waitForAuthorization(refused);
  }

  return Object.assign(reportingFailure(send), {
    stepUp: reportingFailure(stepUp),
    succeeded,
    forget: ledger.delete,
  });
}

/** Describes where a redirect leads, without the query. Browsers do not show the target. */
function describeRedirect(
  { redirected, url, headers }: Response,
  requested: URL,
  token: ClientToken | undefined,
): string {
  const target = redirected ? url : headers.get('location');
  const isKnown = target !== null && URL.canParse(target, requested);
  const href = isKnown ? new URL(target, requested).href : '';
  // The target comes from the resource, which may repeat the token. It is cut last.
  const shown = showUrl(withoutToken(token, href)) || 'an unknown URL';
  return `to ${shown}; if the resource has moved there, change \`resource\``;
}
