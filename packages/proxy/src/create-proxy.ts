/**
 * A gate in front of a server that knows nothing of OAuth, whatever it is written in.
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
 * Makes a Web `fetch` handler that checks each request with the gate and forwards what is allowed to
 * `upstreamUrl`, which stands for the gate's `resource`: what lies below the one is found below the
 * other. Metadata and CORS preflights are answered here; a request outside the resource's path is 404.
 *
 * The caller's credentials (`Authorization`, `DPoP`, cookies, `access_token` in a query) never go
 * upstream, and neither do headers by which a caller could pass for another, such as
 * `X-Forwarded-*`; see {@link ProxyOptions} for what does. What the gate checked is sent byte by
 * byte, and what another parser may read differently is a 400: members that come twice, that differ
 * only in case from what the gate or a rule reads, `__proto__`, and requests that name another method.
 * Both directions stream, and end together.
 *
 * An upstream that says `insufficient_scope` (a 403 with a challenge; a JSON-RPC error or a tool's
 * error result, as JSON or as the first event of a stream) becomes this gate's 403, with its metadata
 * and its words. Everything else upstream says of authentication stays here: its challenges, cookies
 * and CORS headers are left out, and its 401 is a 502, since a new login of the caller would not help.
 *
 * It does not make the upstream unreachable by other ways: bind it to loopback or a private network.
 * It does not look at what the upstream answers, nor retry, follow redirects, keep connections or
 * cache; WebSocket upgrades are no requests that a `fetch` handler sees.
 *
 * @param upstreamUrl - `http` or `https`, with the path that stands for the resource's, as
 *   `http://127.0.0.1:8000/mcp`; no query
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

/** Answers every fault; only a scope error is left to the gate. */
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
    // If the caller went away, nothing is wrong upstream.
    if (!request.signal.aborted) settings.report(error, { reason: fault });
    return faultResponse(fault, context.parsedBody);
  }
}
