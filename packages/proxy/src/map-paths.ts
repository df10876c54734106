/**
 * Maps paths of the resource to paths of the upstream and back. No path leads out of either.
 *
 * @module
 */
import { hidesSeparator } from '@scopegate/core/engine';

export interface PathMap {
  /** Where a request goes; `undefined` if its path is not the resource's or not in normal form. */
  toUpstream(url: string): URL | undefined;
  /** A `Location` of the upstream as the caller must see it; `undefined` if it leads elsewhere. */
  toPublic(location: string, base: URL): string | undefined;
}

/** Maps what is at and below `resource` to what is at and below `upstream`. */
export function mapPaths(resource: string, upstream: URL): PathMap {
  const outer = new URL(resource).pathname;
  const inner = upstream.pathname;
  return {
    toUpstream(url) {
      if (!URL.canParse(url)) return undefined;
      const { pathname, search } = new URL(url);
      // A policy judges the path as it came: where a platform left dots in it, the two would differ.
      if (pathAsWritten(url) !== pathname) return undefined;
      const path = moved(pathname, outer, inner);
      if (path === undefined) return undefined;
      // By its parts: text that is put together could name another host (`//host`).
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

/** The path with one prefix in the place of the other. The prefix itself is kept to the letter. */
function moved(path: string, from: string, to: string): string | undefined {
  if (path === from) return to;
  const base = withoutSlash(from);
  const rest = path.slice(base.length);
  if (!path.startsWith(base) || !rest.startsWith('/') || !isPlain(rest)) return undefined;
  return withoutSlash(to) + rest;
}

/**
 * Whether every server reads the path alike, however often it decodes: nothing that turns into a
 * separator, no empty segment that some drop, no dots that some find behind `;` parameters or blanks.
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
  // No client encodes a name as often as this.
  return false;
}

const MAX_DECODED = 4;

/** Refuses dots, which go up: some systems also accept them before blanks and parameters. */
function isPlainSegment(segment: string, index: number, segments: readonly string[]): boolean {
  if (segment === '') return index === segments.length - 1;
  return !/^[\s.]+(?:;|$)|\p{Cc}/u.test(segment);
}

/** Servers read other encodings in different ways: `%c0%ae`, `%u002e`. */
function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** Decodes once, and leaves what is not UTF-8. */
function decode(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (escapes) =>
    isUtf8(escapes) ? decodeURIComponent(escapes) : escapes,
  );
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

/** A token in the query is no credential here (OAuth 2.1 s5.1), but it may still be one. */
function withoutToken(search: string): string {
  if (!/token|%/i.test(search)) return search;
  const kept = search
    .slice(1)
    .split('&')
    .filter((pair) => ![...new URLSearchParams(pair).keys()].includes('access_token'));
  return kept.join('&');
}
