/**
 * Maps paths of the resource to paths of the upstream and back. No path leads out of either.
 *
 * @module
 */
import { hidesSeparator } from '@scopegate/core/engine';

export interface PathMap {
  /** The upstream's URL for a request; `undefined` if its path is outside the resource or not in normal form. */
  toUpstream(url: string): URL | undefined;
  /** A `Location` of the upstream as the caller must see it; `undefined` if it leads elsewhere. */
  toPublic(location: string, base: URL): string | undefined;
}

/** Maps paths at and below `resource` to paths at and below `upstream`. */
export function mapPaths(resource: string, upstream: URL): PathMap {
  const outer = new URL(resource).pathname;
  const inner = upstream.pathname;
  return {
    toUpstream(url) {
      if (!URL.canParse(url)) return undefined;
      const { pathname, search } = new URL(url);
      // A policy evaluates the path as received, so a path that URL parsers change is refused.
      if (pathAsWritten(url) !== pathname) return undefined;
      const path = moved(pathname, outer, inner);
      if (path === undefined) return undefined;
      // Set part by part, because a concatenated text could name another host (`//host`).
      const target = new URL(upstream);
      target.pathname = path;
      target.search = withoutToken(search);
      return target;
    },
    toPublic(location, base) {
      if (!URL.canParse(location, base)) return undefined;
      const { origin, pathname, search, hash } = new URL(location, base);
      if (origin !== upstream.origin) return undefined;
      const path = moved(pathname, inner, outer);
      return path === undefined ? undefined : path + search + hash;
    },
  };
}

function pathAsWritten(url: string): string {
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  return path === '' ? '/' : path;
}

/** The path with the prefix `to` in place of `from`. `from` itself becomes `to` unchanged. */
function moved(path: string, from: string, to: string): string | undefined {
  if (path === from) return to;
  const base = withoutSlash(from);
  const rest = path.slice(base.length);
  if (!path.startsWith(base) || !rest.startsWith('/') || !isPlain(rest)) return undefined;
  return withoutSlash(to) + rest;
}

/**
 * Whether every server reads the path alike, however often it decodes it: no character decodes to a
 * separator, no segment is empty, which some servers drop, and none is dots before blanks or parameters.
 */
function isPlain(path: string): boolean {
  if (!isUtf8(path)) return false;
  let text = path;
  for (let decoded = 0; decoded <= MAX_DECODED; decoded++) {
    if (hidesSeparator(text) || !text.slice(1).split('/').every(isPlainSegment)) return false;
    const next = decode(text);
    if (next === text) return true;
    text = next;
  }
  // No honest client encodes a name this often.
  return false;
}

const MAX_DECODED = 4;

/** No segment but the last is empty, and none is dots, which some systems accept before blanks, too. */
function isPlainSegment(segment: string, index: number, segments: readonly string[]): boolean {
  if (segment === '') return index === segments.length - 1;
  return !/^[\s.]+(?:;|$)|\p{Cc}/u.test(segment);
}

/** Whether all escapes are UTF-8: servers read others (`%c0%ae`, `%u002e`) in different ways. */
function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** Decodes once, and leaves escapes that are not UTF-8. */
function decode(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (escapes) =>
    isUtf8(escapes) ? decodeURIComponent(escapes) : escapes,
  );
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

/** Removes a token from the query: the gate ignores it (OAuth 2.1 s5.1), but it may be valid. */
function withoutToken(search: string): string {
  if (!/token|%/i.test(search)) return search;
  const kept = search
    .slice(1)
    .split('&')
    .filter((pair) => ![...new URLSearchParams(pair).keys()].includes('access_token'));
  return kept.join('&');
}
