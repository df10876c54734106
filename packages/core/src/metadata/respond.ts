/**
 * Answers requests for the metadata document, RFC 9728 s3.2.
 *
 * @module
 */
import { requestedNames, withoutOrigin } from '../http/index.js';
import type { GateRequest, HeaderList, Reply } from '../types.js';

/** The header that lets pages of every origin read the document, which is public. */
const CORS: HeaderList = [['Access-Control-Allow-Origin', '*']];

const METHODS = 'GET, HEAD, OPTIONS';

/**
 * Makes the responder for one document. It compares path and query exactly, and returns `undefined` for others;
 * a path may have one slash more than the well-known path, as some clients write it. It answers GET and HEAD
 * with the document (or 304), OPTIONS (a preflight) with 204 and any other method with 405. It never reads the
 * request's host, so that a forged host has no effect.
 */
export function metadataResponder(
  targets: readonly string[],
  document: () => string | Promise<string>,
): (request: GateRequest) => Reply | Promise<Reply> | undefined {
  const paths = targets.map(withoutOrigin).flatMap((path) => [path, withSlash(path)]);
  return (request) => {
    const { url } = request;
    // Every request to the server is compared here, so the cheap comparison of the end comes first.
    if (!paths.some((path) => url.endsWith(path) && withoutOrigin(url) === path)) return undefined;
    if (request.method === 'OPTIONS') return reply(204, preflight(request));
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return reply(405, [['Allow', METHODS]]);
    }
    const text = document();
    return typeof text === 'string'
      ? answer(request, text)
      : text.then((settled) => answer(request, settled));
  };
}

/**
 * Adds a slash to the path. Lenient: with the slash, a well-known URL is that of another resource (RFC 9728
 * s3.1). Clients still see which resource the document describes.
 */
function withSlash(path: string): string {
  return path.replace(/^[^?]*[^/?](?=\?|$)/, '$&/');
}

/** Allows each requested header by its name, because `*` does not allow `Authorization` (Fetch standard). */
function preflight({ headers }: GateRequest): HeaderList {
  const names = requestedNames(headers.get('access-control-request-headers'));
  return [
    ['Access-Control-Allow-Methods', METHODS],
    ['Access-Control-Allow-Headers', names ?? '*'],
    ['Access-Control-Max-Age', '86400'],
  ];
}

function reply(status: number, headers: HeaderList, body: string | null = null): Reply {
  return { status, headers: [...CORS, ...headers], body };
}

function answer(request: GateRequest, text: string): Reply {
  const etag = entityTag(text);
  const caching: HeaderList = [
    ['Cache-Control', 'public, max-age=3600'],
    ['ETag', etag],
  ];
  if (matches(request.headers.get('if-none-match'), etag)) return reply(304, caching);
  const length = String(new TextEncoder().encode(text).length);
  const headers: HeaderList = [
    ['Content-Type', 'application/json'],
    ['Content-Length', length],
    ...caching,
  ];
  return reply(200, headers, request.method === 'HEAD' ? null : text);
}

/** Whether a value of `If-None-Match` names the tag. The comparison is weak (RFC 9110 s13.1.2). */
function matches(header: string | null, etag: string): boolean {
  const tags = (header ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}

/**
 * Returns a tag that differs between versions of the document: its length and its FNV-1a hash. No security
 * depends on it.
 */
function entityTag(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return `"${text.length.toString(36)}-${(hash >>> 0).toString(36)}"`;
}
