/**
 * Gets one token for an API: by an exchange of the caller's token, or by this server's own credentials.
 *
 * @module
 */
import {
  ResponseBodyError,
  allowInsecureRequests,
  customFetch,
  genericTokenEndpointRequest,
  processGenericTokenEndpointResponse,
} from 'oauth4webapi';
import type { DPoPHandle } from 'oauth4webapi';
import { fetchText, nameOf } from '../fetch-json.js';
import type { FetchedText } from '../fetch-json.js';
import type { Auth } from '../policy/index.js';
import { ownMember, ownText } from '../values.js';
import { ACCESS_TOKEN } from './check-options.js';
import type { ExchangeSettings } from './check-options.js';
import { MissingConsent, UpstreamTokenError } from './errors.js';
import type { UpstreamTokenErrorCode } from './errors.js';
import { readAnswer } from './read-answer.js';
import type { Exchanged } from './read-answer.js';
import { withNonce } from './with-nonce.js';

/**
 * Gets a token with one request to the token endpoint, or two if it wants a nonce. The caller's token is never
 * used instead.
 *
 * @throws {@link MissingConsent} if consent or a scope is missing
 * @throws {@link UpstreamTokenError} for every other failure, except an error of `actorToken`, which passes
 */
export async function exchange(
  auth: Auth,
  scopes: readonly string[],
  settings: ExchangeSettings,
): Promise<Exchanged> {
  const isExchange = !(settings.clientCredentials && auth.kind === 'client');
  if (isExchange) checkSubject(auth, settings);
  const { provider, findEndpoint, client, authenticate, dpop, fetch, timeout } = settings;
  // Outside of `try`, so that an error of the application's `actorToken` passes unchanged.
  const parameters = await parametersOf(auth, scopes, isExchange, settings);
  let answer: FetchedText | undefined;
  try {
    const endpoint = await findEndpoint();
    const proof = await dpop?.();
    const send = async (url: string, init: object): Promise<Response> => {
      answer = undefined;
      answer = await fetchText(url, init, { fetch, timeout });
      const { status, headers, text } = answer;
      return new Response(text, { status, headers });
    };
    const request = async (): Promise<void> => {
      const server = { issuer: provider.issuer, token_endpoint: endpoint };
      const { grant_type: grant, ...others } = parameters;
      const response = await genericTokenEndpointRequest(
        server,
        client,
        authenticate,
        grant as string,
        others,
        // Which URLs may be http was decided with the options. For oauth4webapi, `undefined` is no proof.
        { [customFetch]: send, [allowInsecureRequests]: true, DPoP: proof as DPoPHandle },
      );
      await processGenericTokenEndpointResponse(server, client, response);
    };
    await withNonce(request);
    return readAnswer((answer as FetchedText).text, scopes, auth.token, isExchange, settings);
  } catch (error) {
    throw toFailure(error, answer, scopes, nameOf(provider.issuer));
  }
}

/** Checks whether the caller's token may be exchanged by this server. */
function checkSubject({ issuer, claims }: Auth, settings: ExchangeSettings): void {
  const { subjectIssuers, onlyIssuer, clientId, actorSubject } = settings;
  if (!subjectIssuers.has(issuer ?? onlyIssuer ?? '')) {
    // RFC 9700 s4.4: a token of one server must not be sent to another one, which an attacker may run.
    throw new UpstreamTokenError('not_exchangeable', 'the token has another issuer');
  }
  const mayAct = ownMember(claims, 'may_act');
  if (mayAct === undefined) return;
  // RFC 8693 s4.4: the server would refuse a token whose `may_act` names others, so it is not sent.
  const theirs = ownMember(mayAct, 'iss');
  const names = [ownText(mayAct, 'sub'), ownText(mayAct, 'client_id')];
  const isNamed = names.some(
    (name) => name !== undefined && [clientId, actorSubject].includes(name),
  );
  if (!isNamed || (theirs !== undefined && theirs !== issuer)) throw new MissingConsent([]);
}

async function parametersOf(
  auth: Auth,
  scopes: readonly string[],
  isExchange: boolean,
  settings: ExchangeSettings,
): Promise<Readonly<Record<string, string>>> {
  return {
    ...settings.parameters,
    ...settings.target,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(isExchange ? await grantOf(auth, settings) : { grant_type: 'client_credentials' }),
  };
}

/** Returns the parameters with the caller's token, and with an actor token if the grant has one. */
async function grantOf(
  auth: Auth,
  { provider, subjectTokenType, requestedTokenType, actorToken }: ExchangeSettings,
): Promise<Readonly<Record<string, string>>> {
  if (provider.grant === 'on-behalf-of') {
    return {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: auth.token,
      requested_token_use: 'on_behalf_of',
    };
  }
  return {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: auth.token,
    subject_token_type: subjectTokenType,
    requested_token_type: requestedTokenType,
    // RFC 8693 s2.1: `actor_token_type` must be present with `actor_token`, and must not be without it.
    ...(actorToken !== undefined && {
      actor_token: await actorToken(auth),
      actor_token_type: ACCESS_TOKEN,
    }),
  };
}

/** The error codes which say that the user, or an administrator, must consent to more. */
const CONSENT: ReadonlySet<unknown> = new Set([
  'insufficient_scope',
  'consent_required',
  'interaction_required',
  'invalid_scope',
]);

/** Turns an error into one of `./errors.js`. Of a token answer, its message contains only the error code. */
function toFailure(
  error: unknown,
  answer: FetchedText | undefined,
  scopes: readonly string[],
  name: string,
): Error {
  if (error instanceof MissingConsent || error instanceof UpstreamTokenError) return error;
  // Without an answer, discovery, the connection, a limit of time or size, or the client's key has failed.
  if (answer === undefined) {
    return new UpstreamTokenError('exchange_unavailable', (error as Error).message);
  }
  const { status } = answer;
  const failure = (code: UpstreamTokenErrorCode, what: string): Error =>
    new UpstreamTokenError(code, `${name} ${what}`);
  const body = error instanceof ResponseBodyError ? error : undefined;
  if (body !== undefined && saysConsent(body.cause)) return new MissingConsent(scopes);
  if (status >= 500 || status === 429) return failure('exchange_unavailable', `answered ${status}`);
  if (body !== undefined) {
    const code = /^[a-z_]{1,40}$/.test(body.error) ? body.error : 'unknown';
    return failure('exchange_refused', `refused the exchange: ${code}`);
  }
  return status === 401
    ? failure('exchange_refused', 'refused this client: look at clientAuthentication')
    : failure('exchange_invalid', `gave no usable answer (${status})`);
}

/** Whether an error answer says that consent is missing. Entra says so in members beside `invalid_grant`. */
function saysConsent(body: unknown): boolean {
  const error = ownMember(body, 'error');
  if (CONSENT.has(error)) return true;
  if (error !== 'invalid_grant') return false;
  const codes = ownMember(body, 'error_codes');
  const suberror = ownMember(body, 'suberror');
  // AADSTS65001: the user or an administrator has not consented.
  return CONSENT.has(suberror) || (Array.isArray(codes) && codes.includes(65001));
}
