/**
 * Defines the options of `forwardAuth`, and checks and copies them at construction.
 *
 * @module
 */
import type { Gate, Rule } from '@scopegate/core';
import { readOptions } from '@scopegate/core/engine';
import { readHeaders } from './configured-headers.js';
import type { HeaderValue } from './set-own-headers.js';
import { FORWARDING_PROXIES } from './forwarded-request.js';
import type { ForwardingProxy } from './forwarded-request.js';
import { createReporter } from './reporter.js';
import type { Report } from './reporter.js';

/** Why a request was refused that the gate did not refuse. */
export type ForwardAuthFault =
  /** The proxy did not name the method or the target: see the message for the header. */
  | 'forwarded_invalid'
  /** A function of `identity` threw, took longer than 5 seconds, or returned an illegal value or the token. */
  | 'identity_unavailable';

export interface ForwardAuthOptions<S extends string = string> {
  /**
   * The proxy that asks. Method and target are read from the headers that it is configured to write:
   * `X-Original-Method` and `X-Original-URI` for nginx, `X-Forwarded-Method` and `X-Forwarded-Uri` for Caddy,
   * Traefik and HAProxy; Envoy sends both as its own.
   */
  readonly from: ForwardingProxy;
  /** The rule of the location that asks. A location with another rule needs a handler of its own. */
  readonly rule: Rule<S>;
  /**
   * Headers of a 204 that name the caller, such as `{ 'X-User': (auth) => auth?.subject }`, for the proxy to
   * set on the request that it forwards. A header without a value is empty. The proxy must overwrite the
   * caller's own headers of these names.
   */
  readonly identity?: Readonly<Record<string, HeaderValue<S>>>;
  /**
   * Called if a request is refused for another reason than the gate's. No token is written into the error, but
   * its `cause` is the error of your function, as it is. The result and exceptions of `onError` are ignored.
   *
   * @default writes one line for each cause and minute to `console.error`, without tokens and cookies
   */
  readonly onError?: (error: unknown, context: { readonly reason: ForwardAuthFault }) => void;
}

export interface ForwardAuthSettings {
  readonly from: ForwardingProxy;
  readonly rule: unknown;
  readonly identity: ReadonlyMap<string, HeaderValue>;
  /** Maximum time in milliseconds for each function in `identity`. */
  readonly timeout: number;
  readonly report: Report<{ readonly reason: ForwardAuthFault }>;
}

/**
 * Checks the options and adds defaults.
 *
 * @throws {@link TypeError} naming the option
 */
export function checkForwardAuthOptions<S extends string>(
  gate: Gate<S>,
  given: ForwardAuthOptions<S>,
): ForwardAuthSettings {
  const { from, rule, identity, onError } = readOptions<ForwardAuthOptions<S>, 'identity'>(
    given,
    {
      from: [FORWARDING_PROXIES],
      rule: ['any'],
      identity: ['an object', {}],
      onError: ['a function'],
    },
    'forwardAuth',
  );
  if (from === undefined) throw new TypeError(`forwardAuth.from: ${PROXY_IS_REQUIRED}`);
  if (rule === undefined || isPolicy(rule)) throw new TypeError(`forwardAuth.rule: ${NO_POLICY}`);
  return {
    ...{ from, rule, timeout: 5_000 },
    identity: readHeaders(identity, 'forwardAuth.identity'),
    report: createReporter(onError, gate, 'forwardAuth', HINTS),
  };
}

const PROXY_IS_REQUIRED = `is required: one of ${FORWARDING_PROXIES.join(', ')}`;
const NO_POLICY =
  'expected the rule of the location that asks; a policy needs the body or the path, which this server does not get';

/** Whether a value is a policy, also one of another copy of core. */
function isPolicy(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('match' in value || 'reads' in value);
}

/** What an operator can change, by fault. */
const HINTS: Readonly<Record<ForwardAuthFault, string>> = {
  forwarded_invalid: 'the request got 403; correct the proxy, or `from`',
  identity_unavailable: 'the request got 403; correct `identity`',
};
