/**
 * Which target a request is about, once mounts and middleware have changed it.
 *
 * @module
 */

/** What tells the target of a request. */
export interface Addressed {
  readonly url?: string | undefined;
  /** The target as it came, before a mount path was cut off. */
  readonly originalUrl?: string | undefined;
  /** What was cut off so far. */
  readonly baseUrl?: string | undefined;
}

/**
 * The target that is served from here: as it came, where a mount cut its path off; as it stands,
 * where middleware rewrote it, since that is what routers behind the gate read. Where nobody can
 * tell the one from the other it is `*`, which policies over paths deny.
 */
export function servedTarget({ url = '', originalUrl, baseUrl }: Addressed): string {
  if (originalUrl === undefined || originalUrl === url) return url;
  if (baseUrl === undefined) return '*';
  const target = baseUrl + withoutOrigin(url);
  const came = withoutOrigin(originalUrl);
  // Express leaves `/` where a mount's path was all there was, and only there.
  const isRoot = /^\/(?:\?|$)/.test(withoutOrigin(url));
  const isMounted = target === came || (isRoot && baseUrl + withoutOrigin(url).slice(1) === came);
  return isMounted ? originalUrl : target;
}

/**
 * The target that is served from inside of another framework: `request` as that one left it, with the
 * `originalUrl` of `inner` as its `url`. What was mounted inside keeps the name that it has around,
 * and what was rewritten has its new one. Where both happened, it is `*`.
 */
export function nestedTarget(request: Addressed, inner: Required<Addressed>): string {
  const { url, originalUrl = '', baseUrl } = inner;
  const came = servedTarget({
    url: originalUrl,
    originalUrl: request.originalUrl,
    baseUrl: request.baseUrl,
  });
  if (url === undefined || url === originalUrl) return came;
  if (baseUrl === undefined) return came === originalUrl ? url : '*';
  const whole = withoutQuery(originalUrl);
  const served = servedTarget({ url: withoutQuery(url), originalUrl: whole, baseUrl });
  return served === whole ? came : '*';
}

/** What a router chose, for frameworks whose hooks stand behind it. */
export interface ChosenRoute {
  /** Such as `/notes/:id`; `undefined` where no route was found. */
  readonly url?: string | undefined;
  readonly method?: string | readonly string[] | undefined;
}

/**
 * The target, if it and the method still are what the router chose the route by; else `*`, as they are
 * where a hook in front has changed the request. A target has one spelling here, that of the route:
 * what a lenient router takes for the same is `*`, too.
 */
export function routedTarget(
  {
    url = '',
    method = '',
  }: { readonly url?: string | undefined; readonly method?: string | undefined },
  route: ChosenRoute,
  params: unknown,
): string {
  if (route.url === undefined) return url;
  const chosen = fill(route.url, (params ?? {}) as Readonly<Record<string, unknown>>);
  const path = decoded(withoutOrigin(url).split(/[?#]/, 1)[0] ?? '');
  const isRouted =
    [route.method ?? []].flat().includes(method) &&
    // A last parameter that may be missing takes its slash along.
    (path === chosen || (route.url.endsWith('?') && `${path}/` === chosen));
  return isRouted ? url : '*';
}

/** The decoded path that a pattern of find-my-way and its parameters came of. */
function fill(pattern: string, params: Readonly<Record<string, unknown>>): string {
  return pattern.replace(PARAMETER, (part, name?: string) => {
    if (part === '::') return ':';
    const key = name ?? '*';
    const value = Object.hasOwn(params, key) ? params[key] : undefined;
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  });
}

/** `::` is a colon; `:name`, with an expression in parentheses and `?`, or `*` are parameters. */
const PARAMETER = /::|:([^/\-.(:?]+)(?:\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\))?\??|\*/g;

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

function withoutQuery(target: string): string {
  return target.split('?', 1)[0] ?? '';
}

/** Absolute-form is legal too (RFC 9112 s3.2.2). */
function withoutOrigin(target: string): string {
  return target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '');
}
