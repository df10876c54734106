/**
 * Defines the options of a proxy, and checks and copies them at construction.
 *
 * @module
 */
import type { Gate, Rule } from '@scopegate/core';
import { compileRule, internalsOf, readOptions } from '@scopegate/core/engine';
import type { NumberKind } from '@scopegate/core/engine';
import { readDropHeaders, readOwnHeaders } from './configured-headers.js';
import type { HeaderValue } from './credentials.js';
import type { ProxyFault } from './faults.js';
import { cgiName } from './headers.js';
import { mapPaths } from './map-paths.js';
import type { PathMap } from './map-paths.js';

/** The second argument of {@link ProxyOptions.onError}. */
export interface ProxyErrorContext {
  readonly reason: ProxyFault;
}

export interface ProxyOptions<S extends string = string> {
  /** The rule for all requests, if the gate has no policy. */
  readonly rule?: Rule<S>;
  /**
   * The upstream's own credential: the whole value of {@link ProxyOptions.credentialHeader}, such as
   * `'Bearer ...'`. A function is called for each request, for example to exchange the caller's token
   * (RFC 8693). If it throws, the answer is 503, or the gate's 403 for a scope error. If the value contains the
   * caller's own token, the answer is 503.
   *
   * @default no credential is sent
   */
  readonly credential?: HeaderValue<S>;
  /** The name of the header in which `credential` is sent. @default 'Authorization' */
  readonly credentialHeader?: string;
  /**
   * Headers that name the caller to the upstream, such as `{ 'X-User': (auth) => auth?.subject }`. A caller's
   * own headers of these names are never forwarded.
   */
  readonly headers?: Readonly<Record<string, HeaderValue<S>>>;
  /** Names of further headers of callers that are not forwarded, because the upstream trusts them. */
  readonly dropHeaders?: readonly string[];
  /**
   * Whether `Forwarded`, `Via`, `X-Forwarded-*`, `X-Real-IP` and similar headers are sent. Use `'pass'` only
   * if a proxy in front of this server replaces them, because callers can write them, too.
   *
   * @default 'drop'
   */
  readonly forwarded?: 'drop' | 'pass';
  /**
   * How the upstream compares names of JSON members. Go, .NET and others read `Id` as `id`, so that a rule
   * may read another argument than the tool does. With `'exact'`, names in another case are accepted where a
   * rule reads arguments: use it only if the upstream compares names exactly.
   *
   * @default 'folded'
   */
  readonly memberNames?: 'folded' | 'exact';
  /**
   * Whether requests that name another method are sent: `_method=DELETE` in a query, a form or JSON. Use
   * `'pass'` only if the upstream ignores that method, because the gate checked the request's own method. No
   * request is refused for this reason if {@link ProxyOptions.rule} is set and has no functions, conditions or
   * logins, because it is then the same for all methods.
   *
   * @default 'refuse'
   */
  readonly methodOverride?: 'refuse' | 'pass';
  /**
   * Maps the scopes of an upstream's refusal, as the upstream wrote them, to scopes of the gate's catalogue.
   * The list is empty if the refusal names none. If one of the results is `undefined` or not in the catalogue,
   * the 403 names no scopes.
   *
   * @default the same names
   */
  readonly mapScopes?: (scopes: readonly string[]) => readonly (S | undefined)[];
  /** Milliseconds until the answer must begin, including the time to send the request. @default 120000 */
  readonly headersTimeout?: number;
  /** Milliseconds for which an answer may pause while the caller waits for more of it. @default 300000 */
  readonly idleTimeout?: number;
  /** Maximum time in milliseconds for each function in `credential` and `headers`. @default 5000 */
  readonly credentialTimeout?: number;
  /**
   * The `fetch` for the upstream, to use another agent or mTLS, or for a test. It must respect
   * `redirect: 'manual'` and `signal`.
   *
   * @default the global `fetch`
   */
  readonly fetch?: (url: URL, init: RequestInit) => Promise<Response>;
  /**
   * Called for every fault after the gate allowed a request. Neither argument contains a token. The result and
   * the exceptions of the function are ignored.
   */
  readonly onError?: (error: unknown, context: ProxyErrorContext) => void;
}

export interface ProxySettings {
  readonly gate: Gate;
  readonly paths: PathMap;
  /** The headers that the proxy sets, by name in lower case. */
  readonly ownHeaders: ReadonlyMap<string, HeaderValue>;
  readonly dropped: ReadonlySet<string>;
  readonly forwarded: 'drop' | 'pass';
  readonly memberNames: 'folded' | 'exact';
  /** Whether queries and bodies that name another method are refused. */
  readonly checksMethod: boolean;
  readonly mapScopes: ((scopes: readonly string[]) => readonly (string | undefined)[]) | undefined;
  readonly headersTimeout: number;
  readonly idleTimeout: number;
  readonly credentialTimeout: number;
  readonly fetch: (url: URL, init: RequestInit) => Promise<Response>;
  readonly report: (error: unknown, context: ProxyErrorContext) => void;
}

const FUNCTION = ['a function'] as const;

/** The kind of a time. The maximum is the longest time that a timer of Node can wait. */
const MILLISECONDS: NumberKind = { min: 1, max: 2 ** 31 - 1, unit: 'milliseconds' };

/**
 * Checks the options of a proxy and adds defaults.
 *
 * @throws {@link TypeError} naming the option
 */
export function checkProxyOptions<S extends string>(
  gate: Gate<S>,
  upstreamUrl: string | URL,
  given: ProxyOptions<S>,
): ProxySettings {
  const options = readOptions<ProxyOptions, Defaulted>(
    given,
    {
      rule: ['any'],
      credential: ['any'],
      credentialHeader: ['any'],
      headers: ['an object', {}],
      dropHeaders: ['a list', []],
      forwarded: [['drop', 'pass'], 'drop'],
      memberNames: [['folded', 'exact'], 'folded'],
      methodOverride: [['refuse', 'pass'], 'refuse'],
      mapScopes: FUNCTION,
      headersTimeout: [MILLISECONDS, 120_000],
      idleTimeout: [MILLISECONDS, 300_000],
      credentialTimeout: [MILLISECONDS, 5_000],
      // The global `fetch` is read at each call, because tests and instrumentation replace it.
      fetch: ['a function', (url, init) => fetch(url, init)],
      onError: FUNCTION,
    },
    'proxy',
  );
  const { rule, forwarded, memberNames, mapScopes, fetch: send } = options;
  const { headersTimeout, idleTimeout, credentialTimeout } = options;
  const ownHeaders = readOwnHeaders(options);
  // The token of the caller is for this resource only, in whatever header it comes.
  const { tokenSource } = internalsOf(gate, 'proxy').settings;
  const isFixed = rule !== undefined && !compileRule(rule, gate.scopes, 'rule').dynamic;
  return Object.freeze({
    ...{ gate, ownHeaders, forwarded, memberNames, mapScopes, fetch: send },
    ...{ headersTimeout, idleTimeout, credentialTimeout },
    paths: mapPaths(gate.resource, toUpstream(upstreamUrl)),
    dropped: new Set([
      ...[...ownHeaders.keys(), tokenSource?.header ?? 'Authorization'].map(cgiName),
      ...readDropHeaders(options.dropHeaders),
    ]),
    checksMethod: options.methodOverride === 'refuse' && !isFixed,
    report: createReporter(options.onError),
  });
}

type Defaulted =
  | ('headers' | 'dropHeaders' | 'forwarded' | 'memberNames' | 'methodOverride')
  | ('headersTimeout' | 'idleTimeout' | 'credentialTimeout' | 'fetch');

function toUpstream(given: string | URL): URL {
  if (!URL.canParse(given)) throw new TypeError('upstreamUrl: is not an absolute URL');
  const url = new URL(given);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError('upstreamUrl: must use http or https');
  }
  // `fetch` refuses such a URL, and an error message would show the password.
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('upstreamUrl: must not carry user information; use credential');
  }
  if (url.search !== '' || url.hash !== '') {
    throw new TypeError('upstreamUrl: must not have a query or a fragment');
  }
  return url;
}

/** Returns a function that calls `onError`, and ignores its result and its exceptions. */
function createReporter(onError: ProxyOptions['onError']): ProxySettings['report'] {
  return (error, context) => {
    try {
      const result: unknown = onError?.(error, context);
      if (result instanceof Promise) result.catch(() => undefined);
    } catch {
      // An exception of a listener must not change the response.
    }
  };
}
