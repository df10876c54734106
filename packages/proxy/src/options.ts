/**
 * Defines the options of a proxy, and checks and copies them at construction.
 *
 * @module
 */
import type { Gate, Rule } from '@scopegate/core';
import { compileRule, internalsOf, ownMember, readOptions } from '@scopegate/core/engine';
import type { NumberKind, Read, UpstreamCredential } from '@scopegate/core/engine';
import { Binding } from './binding/binding.js';
import { readDropHeaders, readOwnHeaders } from './configured-headers.js';
import type { HeaderValue } from './set-own-headers.js';
import type { ProxyFault } from './faults.js';
import { cgiName } from './select-headers.js';
import { mapPaths } from './map-paths.js';
import type { PathMap } from './map-paths.js';
import { createReporter } from './reporter.js';
import type { Report } from './reporter.js';

/** The second argument of {@link ProxyOptions.onError}. */
export interface ProxyErrorContext {
  readonly reason: ProxyFault;
}

export interface ProxyOptions<S extends string = string> {
  /** The rule for all requests. Without it, the gate's policy decides. */
  readonly rule?: Rule<S>;
  /**
   * The upstream's own credential: the whole value of {@link ProxyOptions.credentialHeader}, such as
   * `'Bearer ...'`. A function is called for each request, for example to exchange the caller's token
   * (RFC 8693). If it throws, the answer is 503, or the gate's 403 for a scope error. If the value contains the
   * caller's own token, the answer is 503.
   *
   * The result of `upstreamTokens` (`@scopegate/core/exchange`) sends a token for which the caller's was
   * exchanged, renews it once if the upstream refuses it, and maps the scopes of the upstream's refusals. A
   * request without a token, to a public operation, is sent without a credential. A request that repeats its
   * token in the URL, a header or a body that the gate read is answered with 400.
   *
   * @default no credential is sent
   */
  readonly credential?: HeaderValue<S> | { readonly credential: UpstreamCredential };
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
   * if a proxy in front of this server replaces them, because callers can write them, too. Headers that name a
   * user, such as `X-Forwarded-User`, are dropped in any case.
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
   * @default those of `credential`, if it is the result of `upstreamTokens`, else the same names
   */
  readonly mapScopes?: (scopes: readonly string[]) => readonly (S | undefined)[];
  /**
   * Whether sessions belong to the caller who began them. With `'bind'`, the caller gets a sealed id in
   * `Mcp-Session-Id` and in the events of streams, and the upstream gets its own id back; every id that is not
   * the caller's is answered with 404, and the transport before 2025-03-26, whose sessions stand in URLs, is
   * refused. The gate needs the option `ownership`.
   *
   * @default 'pass': an id alone opens a session, unless the upstream checks whose it is
   */
  readonly sessions?: 'bind' | 'pass';
  /**
   * Whether tasks belong to the caller who began them, and `requestState` to the caller and the request that
   * got it. With `'bind'`, the members of MCP's messages that hold them are sealed and opened; lists show the
   * tasks that the caller began or named through this process. Ids that a tool repeats in its own text or data
   * stay as the upstream wrote them, and open nothing here. The gate needs the option `ownership` and a policy
   * that reads the body.
   *
   * @default 'pass': an id alone opens a task, unless the upstream checks whose it is
   */
  readonly tasks?: 'bind' | 'pass';
  /**
   * Milliseconds until the answer must begin, including the time to send the request, and to get a token of
   * `upstreamTokens`.
   *
   * @default 120000
   */
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
   * Called for each fault after the gate allowed a request, unless the caller has closed the connection. The
   * proxy writes no token into the error, but its `cause` is the error of your function or of `fetch`, as it
   * is. The result and the exceptions of `onError` are ignored.
   *
   * @default writes one line for each cause and minute to `console.error`, without tokens and cookies
   */
  readonly onError?: (error: unknown, context: ProxyErrorContext) => void;
}

export interface ProxySettings {
  readonly gate: Gate;
  readonly paths: PathMap;
  /** The headers that the proxy sets, by name in lower case. */
  readonly ownHeaders: ReadonlyMap<string, HeaderValue>;
  /** What gets a token for each caller; `undefined` if the credential is a header's value or absent. */
  readonly upstream: UpstreamCredential | undefined;
  readonly dropped: ReadonlySet<string>;
  readonly forwarded: 'drop' | 'pass';
  readonly memberNames: 'folded' | 'exact';
  /** Whether queries and bodies that name another method are refused. */
  readonly checksMethod: boolean;
  /** Seals the ids of the upstream; absent unless an option asks for it. */
  readonly binding: Binding | undefined;
  readonly mapScopes: ((scopes: readonly string[]) => readonly (string | undefined)[]) | undefined;
  readonly headersTimeout: number;
  readonly idleTimeout: number;
  readonly credentialTimeout: number;
  readonly fetch: (url: URL, init: RequestInit) => Promise<Response>;
  /** Reports a fault. The request's own secrets are left out of the default line. */
  readonly report: Report<ProxyErrorContext>;
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
      sessions: [['bind', 'pass'], 'pass'],
      tasks: [['bind', 'pass'], 'pass'],
      headersTimeout: [MILLISECONDS, 120_000],
      idleTimeout: [MILLISECONDS, 300_000],
      credentialTimeout: [MILLISECONDS, 5_000],
      // The global `fetch` is read at each call, because tests and instrumentation replace it.
      fetch: ['a function', (url, init) => fetch(url, init)],
      onError: FUNCTION,
    },
    'proxy',
  );
  const { rule, forwarded, memberNames, fetch: send } = options;
  const { headersTimeout, idleTimeout, credentialTimeout } = options;
  const upstream = ownMember(options.credential, 'credential') as UpstreamCredential | undefined;
  const { mapScopes = upstream?.mapScopes } = options;
  const ownHeaders = readOwnHeaders({
    ...options,
    // A token of `upstreamTokens` is sent in `Authorization`, so no other option may set this header.
    credential:
      upstream === undefined ? (options.credential as HeaderValue | undefined) : undefined,
  });
  const url = toUpstream(upstreamUrl);
  if (upstream !== undefined) {
    if (ownHeaders.has('authorization')) {
      throw new TypeError('proxy.headers: one of them is the credential, too');
    }
    if (upstream.origin !== url.origin) {
      throw new TypeError(`proxy.credential: its tokens are not for ${url.origin}: set its origin`);
    }
  }
  // The token of the caller is for this resource only, in whatever header it comes.
  const { tokenSource } = internalsOf(gate, 'proxy').settings;
  const isFixed = rule !== undefined && !compileRule(rule, gate.scopes, 'rule').dynamic;
  return Object.freeze({
    ...{ gate, ownHeaders, upstream, forwarded, memberNames, mapScopes, fetch: send },
    ...{ headersTimeout, idleTimeout, credentialTimeout },
    binding: toBinding(gate, options),
    paths: mapPaths(gate.resource, url),
    dropped: new Set([
      ...[...ownHeaders.keys(), tokenSource?.header ?? 'Authorization'].map(cgiName),
      ...readDropHeaders(options.dropHeaders),
    ]),
    checksMethod: options.methodOverride === 'refuse' && !isFixed,
    report: createReporter(options.onError, gate, 'proxy', HINTS),
  });
}

type Defaulted =
  | ('headers' | 'dropHeaders' | 'forwarded' | 'memberNames' | 'methodOverride')
  | ('sessions' | 'tasks')
  | ('headersTimeout' | 'idleTimeout' | 'credentialTimeout' | 'fetch');

/** Returns what seals the ids of the upstream; `undefined` if no option asks for it. */
function toBinding(
  gate: Gate,
  { sessions, tasks, rule }: Read<ProxyOptions, Defaulted>,
): Binding | undefined {
  const bound = { sessions: sessions === 'bind', tasks: tasks === 'bind' };
  if (!bound.sessions && !bound.tasks) return undefined;
  const { ownership } = internalsOf(gate, 'proxy').authorizer;
  if (ownership === undefined) {
    const path = bound.sessions ? 'proxy.sessions' : 'proxy.tasks';
    throw new TypeError(`${path}: 'bind' needs createGate({ ownership: ownership({ keys }) })`);
  }
  const readsBody = rule === undefined && gate.policy?.reads === 'body';
  if (bound.tasks && !readsBody) {
    throw new TypeError("proxy.tasks: 'bind' needs a policy that reads the body (mcpPolicy)");
  }
  return new Binding({ ...bound, ids: ownership.ids, unknownId: ownership.unknownId });
}

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

/** What an operator can change, by fault. */
const HINTS: Readonly<Record<ProxyFault, string>> = {
  upstream_unreachable: 'the request got 502; see `upstreamUrl`: can it be reached from here?',
  upstream_timeout: 'the request got 504; see `headersTimeout` and `idleTimeout`',
  upstream_unauthorized: 'the request got 502; correct `credential`',
  upstream_redirect: 'the request got 502; correct `upstreamUrl`',
  upstream_invalid: 'the request got 502; see the server behind the proxy',
  upstream_broken: 'the answer broke off; see the server behind the proxy',
  credential_unavailable: 'the request got 503; correct `credential` or `headers`',
  upstream_forbidden: 'the request got 403; correct `mapScopes`, or the scopes of `credential`',
};
