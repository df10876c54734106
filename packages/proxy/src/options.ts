/**
 * The options of a proxy, checked and copied at construction.
 *
 * @module
 */
import type { Gate, Rule } from '@scopegate/core';
import { compileRule, readOptions } from '@scopegate/core/engine';
import type { NumberKind } from '@scopegate/core/engine';
import { readDropHeaders, readOwnHeaders } from './configured-headers.js';
import type { HeaderValue } from './credentials.js';
import type { ProxyFault } from './faults.js';
import { cgiName } from './headers.js';
import { mapPaths } from './map-paths.js';
import type { PathMap } from './map-paths.js';

export type { HeaderValue } from './credentials.js';
export type { ProxyFault } from './faults.js';

/** The second argument of {@link ProxyOptions.onError}. */
export interface ProxyErrorContext {
  readonly reason: ProxyFault;
}

export interface ProxyOptions<S extends string = string> {
  /** The rule for all requests, where the gate has no policy. */
  readonly rule?: Rule<S>;
  /**
   * The upstream's own credential: the whole value of {@link ProxyOptions.credentialHeader}, as
   * `'Bearer ...'`. A function is asked for each request, for a token exchanged for the caller's
   * (RFC 8693) for instance; what it throws is a 503, a scope error the gate's 403. The caller's own
   * token is refused here.
   *
   * @default none is sent
   */
  readonly credential?: HeaderValue<S>;
  /** @default 'Authorization' */
  readonly credentialHeader?: string;
  /**
   * Headers that tell the upstream who is calling, as
   * `{ 'X-User': (auth) => auth?.subject }`. A caller's own headers of these names never pass.
   */
  readonly headers?: Readonly<Record<string, HeaderValue<S>>>;
  /** Further headers that callers must not send to the upstream: whatever else it believes. */
  readonly dropHeaders?: readonly string[];
  /**
   * Whether `Forwarded`, `Via`, `X-Forwarded-*`, `X-Real-IP` and their like pass. Only where a proxy in
   * front of this server writes them anew: a caller can write what it likes.
   *
   * @default 'drop'
   */
  readonly forwarded?: 'drop' | 'pass';
  /**
   * How the upstream matches names of JSON members. Go, .NET and others take `Id` for `id`: then what a
   * rule reads of a call's arguments may be another member than the tool's. `'exact'` lets names in
   * another case pass; only where the upstream is known to compare them exactly.
   *
   * @default 'folded'
   */
  readonly memberNames?: 'folded' | 'exact';
  /**
   * Whether requests that name another method pass: `_method=DELETE` in a query, a form or JSON. Only
   * where the upstream does not act on it; what was judged is then not what runs. Nothing is refused
   * where {@link ProxyOptions.rule} is the same for all methods.
   *
   * @default 'refuse'
   */
  readonly methodOverride?: 'refuse' | 'pass';
  /**
   * From the scopes of an upstream's refusal (as it wrote them; none if it named none) to those of
   * the gate's catalogue. One that is not in the catalogue, or `undefined`, makes the refusal a 403
   * without scopes.
   *
   * @default the same names
   */
  readonly mapScopes?: (scopes: readonly string[]) => readonly (S | undefined)[];
  /** Milliseconds until the answer must begin, a streamed request's own time included. @default 120000 */
  readonly headersTimeout?: number;
  /** Milliseconds that an answer may pause while the caller waits for more. @default 300000 */
  readonly idleTimeout?: number;
  /** Milliseconds until the credential and each header must be found. @default 5000 */
  readonly credentialTimeout?: number;
  /** For another agent, mTLS or a test. Must keep to `redirect: 'manual'` and `signal`. */
  readonly fetch?: (url: URL, init: RequestInit) => Promise<Response>;
  /**
   * Called for every fault behind the gate. Neither argument holds a token. What it returns or throws
   * changes nothing.
   */
  readonly onError?: (error: unknown, context: ProxyErrorContext) => void;
}

export interface ProxySettings {
  readonly gate: Gate;
  readonly paths: PathMap;
  /** By name, in lower case. */
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

/** The longest time that a timer of Node can wait is the upper bound. */
const MILLISECONDS: NumberKind = { min: 1, max: 2 ** 31 - 1, unit: 'milliseconds' };

/** Checks every option; a `TypeError` names the one that is wrong. */
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
      // Looked up late: tests and instrumentation replace the global one.
      fetch: ['a function', (url, init) => fetch(url, init)],
      onError: FUNCTION,
    },
    'proxy',
  );
  const { rule, forwarded, memberNames, mapScopes, fetch: send } = options;
  const { headersTimeout, idleTimeout, credentialTimeout } = options;
  const ownHeaders = readOwnHeaders(options);
  const isFixed = rule !== undefined && !compileRule(rule, gate.scopes, 'rule').dynamic;
  return Object.freeze({
    ...{ gate, ownHeaders, forwarded, memberNames, mapScopes, fetch: send },
    ...{ headersTimeout, idleTimeout, credentialTimeout },
    paths: mapPaths(gate.resource, toUpstream(upstreamUrl)),
    dropped: new Set([
      ...[...ownHeaders.keys()].map(cgiName),
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

/** Calls `onError`, and ignores what it returns or throws. */
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
