/**
 * Checks a metadata document before a client uses it, RFC 9728 s3.3.
 *
 * @module
 */
import { isObject, ownText } from '../values.js';
import { identifierOf, parseUrl } from './resource-url.js';

export interface ValidateResourceMetadataOptions {
  /** The URL of the request to the resource, as it was sent. */
  readonly requestUrl: string;
  /** The URL from which the document was fetched. */
  readonly metadataUrl: string;
  /** The source of `metadataUrl`: made from `requestUrl`, or named by a challenge's `resource_metadata`. */
  readonly via: 'well-known' | 'challenge';
  /**
   * Also accepts a document of the request's own origin whose `resource` is a path above `requestUrl`.
   * Lenient: RFC 9728 does not allow it, but many servers have one identifier for all paths below it.
   *
   * @default false
   */
  readonly allowPathPrefix?: boolean;
}

export type ResourceMetadataProblemCode =
  /** The document is not a JSON object. */
  | 'not-an-object'
  /** `resource` is missing or is not a string. */
  | 'missing-resource'
  /** `resource` is not an absolute `https` URL (`http` on loopback), or has a fragment or user information. */
  | 'invalid-resource'
  /** `metadataUrl` is not a well-known URL of a resource to which `requestUrl` belongs. */
  | 'foreign-metadata-url'
  /** `resource` is not the expected identifier. */
  | 'resource-mismatch';

export interface ResourceMetadataProblem {
  readonly code: ResourceMetadataProblemCode;
  /** The identifier that `resource` should be; absent if it is not known. */
  readonly expected?: string;
  /** The value of `resource`; absent if it is not a string. */
  readonly found?: string;
}

export type ResourceMetadataVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly problem: ResourceMetadataProblem };

/**
 * Checks whether a fetched document describes the requested resource. If it does not, none of its members
 * may be used. The function never throws.
 *
 * If the document was found by the well-known path, `resource` must be the identifier into which the path was
 * inserted; for the document of the root, this is the origin. If a challenge named the document, `resource`
 * must be the requested URL. The texts are compared by code point; only an empty path and `/` are equal.
 *
 * It does not check other members, nor whether `metadataUrl` was safe to fetch.
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
 * @param document - the parsed JSON, of any type
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
  const resource = parseUrl(found);
  if (resource === undefined) return failed({ code: 'invalid-resource', found });

  const { requestUrl, metadataUrl, via } = options;
  const expected = via === 'challenge' ? requestUrl : identifierOf(metadataUrl);
  if (expected === undefined || !isAbove(expected, requestUrl)) {
    return failed({ code: 'foreign-metadata-url', found });
  }
  if (isSame(found, expected)) return { ok: true };
  if (
    options.allowPathPrefix === true &&
    isAbove(found, requestUrl) &&
    parseUrl(metadataUrl)?.origin === resource.origin
  ) {
    return { ok: true };
  }
  return failed({ code: 'resource-mismatch', expected, found });
}

function failed(problem: ResourceMetadataProblem): ResourceMetadataVerdict {
  return { ok: false, problem };
}

function isSame(found: string, expected: string): boolean {
  return withRootPath(found) === withRootPath(expected);
}

/** Returns an identifier without a path (`https://host`) with the path `/`, and any other one unchanged. */
function withRootPath(identifier: string): string {
  return identifier.replace(/^[a-z]+:\/\/[^/?]*(?=\?|$)/, '$&/');
}

/** Whether `requestUrl` is the resource, or below its path on the same origin if the resource has no query. */
function isAbove(resource: string, requestUrl: string): boolean {
  if (isSame(resource, requestUrl)) return true;
  const above = parseUrl(resource);
  const below = parseUrl(requestUrl);
  if (above === undefined || below === undefined || above.origin !== below.origin) return false;
  const path = above.pathname.endsWith('/') ? above.pathname : `${above.pathname}/`;
  return above.search === '' && `${below.pathname}/`.startsWith(path);
}
