/**
 * Asks an introspection endpoint about one token (RFC 7662 s2).
 *
 * @module
 */
import { fetchText, nameOf } from '../../fetch-json.js';
import type { FetchedText } from '../../fetch-json.js';
import { urlFinder } from '../index.js';
import { readAnswer } from './read-answer.js';
import type { Answer, AnswerOptions } from './read-answer.js';
import type { IntrospectionSettings } from './check-options.js';

export type Introspect = (token: string) => Promise<Answer>;

/**
 * Makes the function that asks the endpoint about a token. The function rejects if the endpoint cannot be
 * found or gives no answer about the token. The error contains no token and no secret.
 */
export function introspector(settings: IntrospectionSettings): Introspect {
  const { authenticate, client, issuer, fetch, timeout, identify, readScopes } = settings;
  const findEndpoint = urlFinder('introspection_endpoint', settings.endpoint, settings);
  return async (token) => {
    const endpoint = await findEndpoint();
    // The token is in the body (RFC 7662 s2.1) and never in the URL, where logs would keep it.
    const body = new URLSearchParams({ token, token_type_hint: 'access_token' });
    const headers = new Headers({
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    });
    await authenticate({ issuer: issuer ?? endpoint }, client, body, headers);
    const init = {
      method: 'POST',
      headers: Object.fromEntries(headers),
      body: body.toString(),
    };
    const fetched = await fetchText(endpoint, init, { fetch, timeout });
    // RFC 7662 s2.2: an answer may omit `iss`. Binding keys then use the configured issuer, else the endpoint.
    return answerOf(fetched, nameOf(endpoint), {
      ...{ identify, readScopes },
      issuer: issuer ?? endpoint,
    });
  };
}

function answerOf(fetched: FetchedText, name: string, options: AnswerOptions): Answer {
  const { status, contentType, text } = fetched;
  if (status === 401 || status === 403) {
    throw new Error(
      `${name} refused this client (${status}): look at clientId and clientAuthentication`,
    );
  }
  if (status !== 200 && status !== 400) throw new Error(`${name} answered ${status}`);
  // A server sends a signed JWT to clients that ask for it (RFC 9701 s4), which this one does not.
  if (/^application\/token-introspection\+jwt\b/i.test(contentType)) {
    throw new Error(`${name} answered with a JWT (RFC 9701), which is not supported: ask for JSON`);
  }
  return readAnswer(text, status, name, options);
}
