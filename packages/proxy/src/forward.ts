/**
 * Sends one request to the upstream, and returns its response.
 *
 * @module
 */
import { InsufficientScopeError } from '@scopegate/core';
import type { Auth, FetchContext } from '@scopegate/core';
import { mapScopes, within } from '@scopegate/core/engine';
import { ambiguityOf } from './ambiguous.js';
import { misreadArgument } from './argument-reads.js';
import type { BoundExchange } from './binding/bound-exchange.js';
import { setOwnHeaders } from './set-own-headers.js';
import { UpstreamError, ambiguousResponse, faultOfToken, isScopeError } from './faults.js';
import { returnedHeaders, sentHeaders } from './select-headers.js';
import { checkBody, documentOverridesMethod, queryOverridesMethod } from './method-override.js';
import { repeatedToken } from './own-token.js';
import type { ProxySettings } from './options.js';
import { scopeErrorOf } from './scope-error.js';
import { isTimeout } from './timeout.js';
import { UpstreamBody } from './upstream-body.js';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

const OTHER_METHOD = 'The body names another method';

/** Statuses without a body (Fetch standard, "null body status"). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * Forwards a request that the gate allowed.
 *
 * @throws {@link InsufficientScopeError} for a scope error of the upstream, which the gate answers
 * @throws {@link UpstreamError} for other faults
 */
export async function forward(
  request: Request,
  { auth, parsedBody }: FetchContext,
  settings: ProxySettings,
): Promise<Response> {
  const target = settings.paths.toUpstream(request.url);
  if (target === undefined) throw new UpstreamError('upstream_invalid', 'the path is not mapped');
  const refuse = (problem: string): Response => ambiguousResponse(problem, parsedBody);
  if (settings.checksMethod && queryOverridesMethod(target.search)) {
    return refuse('The query names another method');
  }
  if (settings.checksMethod && documentOverridesMethod(parsedBody)) return refuse(OTHER_METHOD);
  const checkedBody = parsedBody === undefined ? undefined : await request.arrayBuffer();
  const text = checkedBody && new TextDecoder().decode(checkedBody);
  if (text !== undefined) {
    const problem =
      ambiguityOf(text, parsedBody) ??
      misreadArgument(auth, text, settings.memberNames === 'exact');
    if (problem !== undefined) return refuse(problem);
  }
  const headers = sentHeaders(request.headers, settings);
  if (settings.upstream !== undefined && auth !== undefined) {
    const problem = repeatedToken(auth.token, target, headers, text);
    if (problem !== undefined) return refuse(problem);
  }
  const { ownHeaders, credentialTimeout } = settings;
  await setOwnHeaders(headers, ownHeaders, credentialTimeout, auth, request);
  const bound = await settings.binding?.open({ auth, target, headers, parsedBody, text });
  if (bound instanceof Response) return bound;
  // A body that the gate read is sent from memory, with its length, which some servers need.
  const content =
    checkedBody === undefined
      ? streamOf(request, headers, settings)
      : { body: bound?.body ?? checkedBody };
  if (content === undefined) return refuse('Send the body unencoded');
  const { overrides, ...body } = content;
  const init = { method: request.method, headers, ...body };

  const stop = new AbortController();
  const abort = (): void => stop.abort();
  request.signal.addEventListener('abort', abort, { once: true });
  if (request.signal.aborted) abort();
  let response: Response;
  try {
    response = await send(target, init, stop, settings, auth);
  } catch (error) {
    if (overrides?.() === true) return refuse(OTHER_METHOD);
    throw error;
  }
  const answer = new UpstreamBody(response.body, {
    idleTimeout: settings.idleTimeout,
    onEnd: () => request.signal.removeEventListener('abort', abort),
    // Closes the connection to the upstream, so that the upstream can stop its work.
    stop: abort,
    onFault: (error) => {
      if (!request.signal.aborted) settings.report(error, { reason: error.reason }, request);
    },
  });
  try {
    const scopes = await scopeErrorOf(request.method, response, answer);
    if (scopes !== undefined) {
      const onUnmapped = (message: string, cause?: unknown): void => {
        const reason = 'upstream_forbidden';
        settings.report(new UpstreamError(reason, message, { cause }), { reason }, request);
      };
      throw new InsufficientScopeError(mapScopes(scopes, auth, { ...settings, onUnmapped }));
    }
    return await passOn(request.method, target, response, answer, settings, bound);
  } catch (error) {
    abort();
    throw error;
  }
}

async function send(
  target: URL,
  init: RequestInit,
  stop: AbortController,
  { fetch, upstream, headersTimeout }: ProxySettings,
  auth: Auth | undefined,
): Promise<Response> {
  const sent = { ...init, redirect: 'manual', signal: stop.signal } as const;
  try {
    return await within(headersTimeout, 'the upstream', () =>
      upstream === undefined || auth === undefined
        ? fetch(target, sent)
        : upstream.send(auth, target, sent),
    );
  } catch (error) {
    stop.abort();
    if (isScopeError(error)) throw error;
    const fault = faultOfToken(error);
    if (fault !== undefined) throw new UpstreamError(fault, (error as Error).message);
    throw isTimeout(error)
      ? new UpstreamError('upstream_timeout', error.message)
      : new UpstreamError('upstream_unreachable', 'the upstream gave no answer', { cause: error });
  }
}

interface Content {
  readonly body?: BodyInit;
  readonly duplex?: 'half';
  /** Whether the body was cut off because it names another method. */
  readonly overrides?: () => boolean;
}

/**
 * Returns the stream of a body that the gate did not read, and sets its Content-Length. Returns `undefined` if
 * the body must be searched and cannot be, because it is encoded.
 */
function streamOf(
  request: Request,
  headers: Headers,
  { checksMethod }: ProxySettings,
): Content | undefined {
  const { method, body } = request;
  if (method === 'GET' || method === 'HEAD' || body === null) return {};
  const length = request.headers.get('content-length');
  if (length !== null && /^\d+$/.test(length)) headers.set('content-length', length);
  const content = checksMethod ? checkBody(body, headers) : { body };
  return content && { ...content, duplex: 'half' };
}

async function passOn(
  method: string,
  target: URL,
  response: Response,
  body: UpstreamBody,
  { paths }: ProxySettings,
  bound: BoundExchange | undefined,
): Promise<Response> {
  const { status } = response;
  // The upstream requires another credential of the proxy, so a login of the caller would not help.
  if (status === 401 || status === 407) {
    const message = `the upstream answered ${status}: it wants other credentials than it was sent`;
    throw new UpstreamError('upstream_unauthorized', message);
  }
  const headers = returnedHeaders(response.headers);
  if (headers === undefined) {
    throw new UpstreamError('upstream_invalid', 'the answer has a content coding of its own');
  }
  for (const name of ['location', 'content-location']) {
    const value = response.headers.get(name);
    const mapped = value === null ? undefined : paths.toPublic(value, target);
    if (mapped !== undefined) headers.set(name, mapped);
  }
  // nginx collects a stream before it forwards it, unless this header forbids it.
  if (isEventStream(headers)) headers.set('x-accel-buffering', 'no');
  const leadsOut = !headers.has('location') && response.headers.has('location');
  // `redirected` is set if the application's own `fetch` followed the redirect.
  if (response.redirected || (REDIRECTS.has(status) && leadsOut)) {
    const message = `the upstream answered ${status}, which leads out of the resource`;
    throw new UpstreamError('upstream_redirect', message);
  }
  const stream = method === 'HEAD' || BODILESS.has(status) ? null : body.stream();
  if (stream === null) body.discard();
  if (bound === undefined) return new Response(stream, { status, headers });
  await bound.sealHeaders(headers);
  const sealed = stream && (await bound.sealBody(stream, headers.get('content-type')));
  return new Response(sealed, { status, headers });
}

function isEventStream(headers: Headers): boolean {
  return /^\s*text\/event-stream\s*(?:;|$)/i.test(headers.get('content-type') ?? '');
}
