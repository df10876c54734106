/**
 * Makes a proxy: a gate in front of a server in any language that does not support OAuth.
 *
 * @module
 */
import type { FetchContext, Gate } from '@scopegate/core';
import { fromWebRequest, toResponse } from '@scopegate/core/adapter';
import { internalsOf } from '@scopegate/core/engine';
import { recordReads } from './argument-reads.js';
import { UpstreamError, faultResponse, isScopeError } from './faults.js';
import { forward } from './forward.js';
import { checkProxyOptions } from './options.js';
import type { ProxyOptions, ProxySettings } from './options.js';

/**
 * Makes a Web `fetch` handler that checks each request with the gate and forwards allowed requests to
 * `upstreamUrl`. The path of the gate's `resource` is mapped to the path of `upstreamUrl`, and paths below the
 * one to paths below the other. The proxy itself answers requests for the metadata and, with the gate's option
 * `cors`, preflights. It answers 404 to all other paths, and to paths that servers read in different ways.
 *
 * The caller's credentials (`Authorization`, `DPoP`, cookies, `access_token` in a query) are not sent
 * upstream, and neither are the headers in which proxies usually name a caller or its address, such as
 * `X-Forwarded-*`; see {@link ProxyOptions} for exceptions and for other headers. The upstream gets the bytes
 * that the gate checked. The proxy answers 400 to a message that another parser may read differently: one with
 * a member that comes twice, a member that differs only in case from one that the gate or a rule reads, or
 * `__proto__`; and 400 to a request that names another method. Bodies that the gate does not read are streamed,
 * and so are answers. If one side ends the exchange, the other side is ended, too.
 *
 * If the upstream answers `insufficient_scope` (in a 403, in a JSON-RPC error or in a tool's error result, as
 * JSON or as the first event of a stream), the answer is the gate's own 403. The upstream's challenges, cookies
 * and CORS headers are removed, and its 401 becomes a 502, because a new login of the caller would not help.
 *
 * The proxy cannot prevent that callers reach the upstream directly, so bind the upstream to loopback or a
 * private network. It does not check the content of the upstream's answers, follow redirects or cache. It
 * repeats a request only for `upstreamTokens`: with a new token, or with a DPoP nonce. It does not support
 * WebSocket upgrades, which a `fetch` handler does not get.
 *
 * @example
 * ```ts
 * const handler = createProxy(gate, 'http://127.0.0.1:8000/mcp', {
 *   credential: `Bearer ${process.env['UPSTREAM_KEY']}`,
 *   headers: { 'X-User': (auth) => auth?.subject },
 * });
 * serve({ fetch: handler, port: 3000 });
 * ```
 * @param upstreamUrl - an `http` or `https` URL without a query, whose path replaces that of the resource, such
 *   as `http://127.0.0.1:8000/mcp`
 * @throws {@link TypeError} naming the option
 * @group Proxy
 * @see MCP, Security Best Practices, "Token Passthrough"
 */
export function createProxy<S extends string>(
  gate: Gate<S>,
  upstreamUrl: string | URL,
  options: ProxyOptions<NoInfer<S>> = {},
): (request: Request, ...rest: unknown[]) => Promise<Response> {
  const settings = checkProxyOptions(gate, upstreamUrl, options);
  internalsOf(gate, 'proxy').authorizer.viewArguments = recordReads;
  const guarded = gate.fetch(
    (request, context) => answer(request, context, settings),
    options.rule,
  );
  return async (request) => {
    if (settings.paths.toUpstream(request.url) !== undefined) return guarded(request);
    const metadata = await gate.metadata.respond(fromWebRequest(request).gateRequest);
    return metadata === undefined ? new Response(null, { status: 404 }) : toResponse(metadata);
  };
}

/** Forwards a request, and answers every fault except a scope error, which the gate answers. */
async function answer(
  request: Request,
  context: FetchContext,
  settings: ProxySettings,
): Promise<Response> {
  try {
    return await forward(request, context, settings);
  } catch (error) {
    if (isScopeError(error)) throw error;
    const fault = error instanceof UpstreamError ? error.reason : 'upstream_invalid';
    // A caller that closed the connection is not a fault of the upstream.
    if (!request.signal.aborted) settings.report(error, { reason: fault }, request);
    return faultResponse(fault, context.parsedBody);
  }
}
