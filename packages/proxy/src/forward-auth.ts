/**
 * Decides for another proxy, which asks before it forwards a request.
 *
 * @module
 */
import type { Auth, Decision, Gate, Refusal } from '@scopegate/core';
import { toResponse } from '@scopegate/core/adapter';
import { setOwnHeaders } from './set-own-headers.js';
import { isScopeError } from './faults.js';
import { checkForwardAuthOptions } from './forward-auth-options.js';
import type { ForwardAuthOptions, ForwardAuthSettings } from './forward-auth-options.js';
import { readForwarded } from './forwarded-request.js';

/**
 * Makes a Web `fetch` handler that nginx (`auth_request`), Caddy (`forward_auth`), Traefik (`ForwardAuth`),
 * Envoy (`ext_authz`) or HAProxy asks whether a request may pass. It answers 204 if so, and else 401 or 403
 * with the gate's challenge; every other refusal of the gate is a 403, because nginx turns other statuses
 * into 500. It never sees a body, so it decides by one rule for the location that asks, and a policy is a
 * `TypeError`.
 *
 * Method and target are those that the proxy names in the headers of {@link ForwardAuthOptions.from}; the
 * request is refused if one of them is absent or comes twice. Such headers of other proxies are not read,
 * because callers can send them. A preflight is refused like every request without a token: let the proxy
 * answer preflights.
 *
 * It cannot check that the proxy overwrites these headers and those of `identity`, that it removes
 * `Authorization` (or the header or cookie of the gate's `tokenFrom`) before it forwards, that it serves the
 * metadata, nor that nobody reaches the server behind it directly.
 *
 * @example
 * ```ts
 * const mayRead = forwardAuth(gate, {
 *   from: 'caddy',
 *   rule: 'notes:read',
 *   identity: { 'X-User': (auth) => auth?.subject },
 * });
 * app.all('/authorize/read', (c) => mayRead(c.req.raw));
 * ```
 * @throws {@link TypeError} naming the option
 * @group Proxy
 */
export function forwardAuth<S extends string>(
  gate: Gate<S>,
  options: ForwardAuthOptions<NoInfer<S>>,
): (request: Request, ...rest: unknown[]) => Promise<Response> {
  const settings = checkForwardAuthOptions(gate, options);
  const route = gate.route(settings.rule as NonNullable<typeof options.rule>);
  return async (request) => {
    const forwarded = readForwarded(request, settings.from);
    if (typeof forwarded === 'string') {
      settings.report(new Error(forwarded), { reason: 'forwarded_invalid' }, request);
      return unavailable();
    }
    const decision = await route.decide(forwarded);
    if (!decision.allowed) return refusalResponse(decision);
    try {
      return await allow(decision, request, settings);
    } catch (error) {
      const refusal = isScopeError(error)
        ? gate.refuse(error, forwarded, decision.auth)
        : undefined;
      if (refusal !== undefined) return refusalResponse(refusal);
      settings.report(error, { reason: 'identity_unavailable' }, request);
      return unavailable();
    }
  };
}

async function allow(
  { auth, headers }: { readonly auth: Auth | undefined; readonly headers: Decision['headers'] },
  request: Request,
  { identity, timeout }: ForwardAuthSettings,
): Promise<Response> {
  const answer = toResponse({ status: 204, headers, body: null });
  answer.headers.set('Cache-Control', 'no-store');
  // Some proxies keep the caller's own header if the answer has none, so every header is in the answer.
  for (const name of identity.keys()) answer.headers.set(name, '');
  await setOwnHeaders(answer.headers, identity, timeout, auth, request);
  return answer;
}

/** Writes a refusal of the gate. A 204, which answers preflights, would let the request pass. */
function refusalResponse(refusal: Refusal): Response {
  if (refusal.status === 401 || refusal.status === 403) return refusal.toResponse();
  const { headers, body } = refusal;
  const others = headers.filter(([name]) => name.toLowerCase() !== 'www-authenticate');
  return toResponse({ status: 403, headers: others, body });
}

function unavailable(): Response {
  const facts = {
    error: 'temporarily_unavailable',
    error_description: 'The request cannot be checked at the moment',
  };
  return Response.json(facts, { status: 403, headers: { 'Cache-Control': 'no-store' } });
}
