/**
 * Reads which request a proxy asks about.
 *
 * @module
 */
import type { GateRequest } from '@scopegate/core';

/** A proxy that asks another server whether a request may pass. */
export type ForwardingProxy = 'nginx' | 'caddy' | 'traefik' | 'envoy' | 'haproxy';

/** The headers in which a proxy names method and target. */
interface Family {
  readonly method: string;
  readonly target: string;
}

/** Written by `proxy_set_header` at nginx's location for `auth_request`. Its manual has the target only. */
const ORIGINAL: Family = { method: 'x-original-method', target: 'x-original-uri' };

/** Written by Caddy and Traefik, and by the configuration of HAProxy. */
const FORWARDED: Family = { method: 'x-forwarded-method', target: 'x-forwarded-uri' };

/** The headers that are read, by proxy. Envoy sends the caller's method and target as those of its request. */
const FAMILIES: Readonly<Record<ForwardingProxy, Family | undefined>> = {
  nginx: ORIGINAL,
  caddy: FORWARDED,
  traefik: FORWARDED,
  haproxy: FORWARDED,
  envoy: undefined,
};

export const FORWARDING_PROXIES = Object.keys(FAMILIES) as readonly ForwardingProxy[];

/**
 * Returns the request that the proxy asks about, without a body. Returns a text that names the header if the
 * proxy did not name the request: a header that is absent, or comes twice, may be the caller's own.
 */
export function readForwarded(request: Request, from: ForwardingProxy): GateRequest | string {
  const headers = { get: (name: string) => ownHeader(request.headers, name) };
  const family = FAMILIES[from];
  if (family === undefined) {
    const { pathname, search } = new URL(request.url);
    return { method: request.method, url: pathname + search, headers };
  }
  const method = request.headers.get(family.method);
  const url = request.headers.get(family.target);
  // Two lines of a header are one value with a comma and a space, which neither pattern has.
  if (method === null || !/^[\w!#$%&'*+.^`|~-]+$/.test(method)) return wrong(family.method, from);
  if (url === null || !/^\/[\x21-\x7e]*$/.test(url)) return wrong(family.target, from);
  return { method, url, headers };
}

/**
 * Returns a header of the caller. The header that makes a request a preflight is hidden, because the gate lets
 * preflights pass without a token, and the proxy would then forward the request.
 */
function ownHeader(headers: Headers, name: string): string | null {
  return name.toLowerCase() === 'access-control-request-method' ? null : headers.get(name);
}

function wrong(header: string, from: ForwardingProxy): string {
  return `${header}: is absent, comes twice or has no value that fits; let ${from} overwrite it`;
}
