/**
 * Asks an introspection endpoint about one token (RFC 7662 s2).
 *
 * @module
 */
import { fetchText, nameOf } from '../../fetch-json.js';
import type { FetchedText } from '../../fetch-json.js';
import { discoverUrl } from '../index.js';
import { readAnswer } from './read-answer.js';
import type { Answer, AnswerOptions } from './read-answer.js';
import type { IntrospectionSettings } from './check-options.js';

export type Introspect = (token: string) => Promise<Answer>;

/**
 * Minimum number of seconds between a failed discovery and the next one, so that a flood of tokens does
 * not become a flood of requests.
 */
const RETRY_AFTER = 10;

/**
 * Makes the function that asks the endpoint about a token. It rejects if the endpoint gives no answer
 * about the token. The error names the endpoint and the cause, and contains no token and no secret.
 */
export function introspector(settings: IntrospectionSettings): Introspect {
  const { authenticate, client, issuer, fetch, timeout, identify, readScopes } = settings;
  const findEndpoint = endpointFinder(settings);
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
    // RFC 7662 s2.2: an answer may omit `iss`. Binding keys then use the verifier's issuer.
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
  // RFC 9701 s5: the server sends a signed JWT only to clients that ask for it.
  if (/^\s*application\/token-introspection\+jwt\b/i.test(contentType)) {
    throw new Error(`${name} answered with a JWT (RFC 9701), which is not supported: ask for JSON`);
  }
  return readAnswer(text, status, name, options);
}

/** Returns the configured endpoint, or the one in the issuer's metadata, which is fetched once. */
function endpointFinder(settings: IntrospectionSettings): () => Promise<string> {
  const { endpoint, fetch, timeout, now, addresses, internalOrigin } = settings;
  if (endpoint !== undefined) return async () => endpoint;
  // The options were checked: without an endpoint, the issuer is set.
  const issuer = settings.issuer as string;
  let found: Promise<string> | undefined;
  let failed = false;
  let triedAt = 0;
  return async () => {
    const time = now();
    // `Math.abs`, so that a clock that was set back does not keep the failure.
    if (found === undefined || (failed && Math.abs(time - triedAt) >= RETRY_AFTER)) {
      failed = false;
      triedAt = time;
      found = discoverUrl(issuer, 'introspection_endpoint', {
        ...{ fetch, timeout, addresses, internalOrigin },
      });
      found.catch(() => (failed = true));
    }
    return found;
  };
}
