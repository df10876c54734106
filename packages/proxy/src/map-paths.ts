/**
 * Maps paths of the resource to paths of the upstream and back. A path outside of them is not mapped.
 *
 * @module
 */
import { hidesSeparator } from '@scopegate/core/engine';

export interface PathMap {
  /**
   * Returns the upstream's URL for a request; `undefined` if the path of the request is outside of the
   * resource, is not in normal form, or may be read in different ways.
   */
  toUpstream(url: string): URL | undefined;
  /** Returns the caller's path for a `Location` of the upstream; `undefined` if it is not mapped. */
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
      // A policy evaluates the path as it was received, so a path that URL parsers change is not mapped.
      if (pathAsWritten(url) !== pathname) return undefined;
      const path = moved(pathname, outer, inner);
      if (path === undefined) return undefined;
      // The parts are set one by one, because a concatenated text could name another host (`//host`).
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

/**
 * Returns the path with the prefix `to` instead of `from`; `undefined` if it is not below `from`, or if servers
 * may read it in different ways. For `from` itself, returns `to`.
 */
function moved(path: string, from: string, to: string): string | undefined {
  if (path === from) return to;
  const base = withoutSlash(from);
  const rest = path.slice(base.length);
  if (!path.startsWith(base) || !rest.startsWith('/') || !isPlain(rest)) return undefined;
  return withoutSlash(to) + rest;
}

/**
 * Whether all servers read the path alike, however often they decode it: no character decodes to a separator,
 * and all segments are plain after each decoding.
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
  // The path changes with every decoding, and no honest client encodes a name this often.
  return false;
}

const MAX_DECODED = 4;

/**
 * Whether all servers read a segment alike. Only the last one may be empty, since some servers drop empty
 * segments. Dots and blanks must not be all that it has, or all before its first `;`, since some systems read
 * such a segment as a dot segment. It must not contain control characters.
 */
function isPlainSegment(segment: string, index: number, segments: readonly string[]): boolean {
  if (segment === '') return index === segments.length - 1;
  return !/^[\s.]+(?:;|$)|\p{Cc}/u.test(segment);
}

/** Whether all escapes are UTF-8. Servers read other escapes (`%c0%ae`, `%u002e`) in different ways. */
function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** Decodes the text once, except escapes that are not UTF-8. */
function decode(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (escapes) =>
    isUtf8(escapes) ? decodeURIComponent(escapes) : escapes,
  );
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

/** Removes `access_token` from the query. The gate ignores it (OAuth 2.1 s5.1), but it may be a valid token. */
function withoutToken(search: string): string {
  if (!/token|%/i.test(search)) return search;
  const kept = search
    .slice(1)
    .split('&')
    .filter((pair) => ![...new URLSearchParams(pair).keys()].includes('access_token'));
  return kept.join('&');
}
