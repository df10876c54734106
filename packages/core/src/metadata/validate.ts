/**
 * The checks of a reader before it uses a metadata document, RFC 9728 s3.3.
 *
 * @module
 */
import { isObject, ownText } from '../values.js';
import { identifierOf, parseUrl } from './resource-url.js';

export interface ValidateResourceMetadataOptions {
  /** The URL of the request to the resource, as it was sent. */
  readonly requestUrl: string;
  /** Where the document was fetched from. */
  readonly metadataUrl: string;
  /** Whether `metadataUrl` was made from `requestUrl`, or came in a challenge's `resource_metadata`. */
  readonly via: 'well-known' | 'challenge';
  /**
   * Also accepts a document of the request's own origin whose `resource` is a path above
   * `requestUrl`: many servers name one identifier for all that lies below it. A leniency that RFC
   * 9728 does not know.
   *
   * @default false
   */
  readonly allowPathPrefix?: boolean;
}

export type ResourceMetadataProblemCode =
  /** No JSON object. */
  | 'not-an-object'
  /** No `resource`, or one that is no string. */
  | 'missing-resource'
  /** `resource` is no absolute `https` URL (`http` on loopback), or has a fragment or a user. */
  | 'invalid-resource'
  /** `metadataUrl` is no well-known URL of a resource that `requestUrl` belongs to. */
  | 'foreign-metadata-url'
  /** `resource` is not the expected identifier. */
  | 'resource-mismatch';

export interface ResourceMetadataProblem {
  readonly code: ResourceMetadataProblemCode;
  /** What `resource` had to be, where that is known. */
  readonly expected?: string;
  /** What it was. */
  readonly found?: string;
}

export type ResourceMetadataVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly problem: ResourceMetadataProblem };

/**
 * Says whether a fetched document describes the requested resource. If it does not, none of its members
 * may be used. Never throws.
 *
 * Found by the well-known path, `resource` must be the identifier that the path was inserted into:
 * for the root document that is the origin. Named by a challenge, it must be the requested URL.
 * Compared by code point; an empty path and `/` are the one equivalence.
 *
 * Does not check other members, nor whether `metadataUrl` was safe to fetch.
 *
 * @example
 * ```ts
 * const verdict = validateResourceMetadata(await response.json(), {
 *   requestUrl: 'https://notes.example.com/mcp',
 *   metadataUrl: response.url,
 *   via: 'well-known',
 * });
 * if (!verdict.ok) throw new Error(verdict.problem.code);
 * ```
 * @param document - the parsed JSON, whatever it is
 * @group Metadata
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-3.3 RFC 9728 s3.3}
 */
export function validateResourceMetadata(
  document: unknown,
  options: ValidateResourceMetadataOptions,
): ResourceMetadataVerdict {
  if (!isObject(document) || Array.isArray(document)) return failed({ code: 'not-an-object' });
  const found = ownText(document, 'resource');
  if (found === undefined) return failed({ code: 'missing-resource' });
  if (parseUrl(found) === undefined) return failed({ code: 'invalid-resource', found });

  const { requestUrl, metadataUrl, via } = options;
  const expected = via === 'challenge' ? requestUrl : identifierOf(metadataUrl);
  if (expected === undefined || !isAbove(expected, requestUrl)) {
    return failed({ code: 'foreign-metadata-url', found });
  }
  if (isSame(found, expected)) return { ok: true };
  if (
    options.allowPathPrefix === true &&
    isAbove(found, requestUrl) &&
    parseUrl(metadataUrl)?.origin === parseUrl(requestUrl)?.origin
  ) {
    return { ok: true };
  }
  return failed({ code: 'resource-mismatch', expected, found });
}

function failed(problem: ResourceMetadataProblem): ResourceMetadataVerdict {
  return { ok: false, problem };
}

function isSame(found: string, expected: string): boolean {
  return found === expected || withRootPath(found) === withRootPath(expected);
}

/** `https://host` as `https://host/`. */
function withRootPath(identifier: string): string {
  return identifier.replace(/^[a-z]+:\/\/[^/?]*(?=\?|$)/, '$&/');
}

/** Whether `requestUrl` is the resource or lies below its path, on the same origin. */
function isAbove(resource: string, requestUrl: string): boolean {
  if (isSame(resource, requestUrl)) return true;
  const above = parseUrl(resource);
  const below = parseUrl(requestUrl);
  if (above === undefined || below === undefined || above.origin !== below.origin) return false;
  const path = above.pathname.endsWith('/') ? above.pathname : `${above.pathname}/`;
  return above.search === '' && `${below.pathname}/`.startsWith(path);
}
