/**
 * Finds and checks the metadata of a protected resource, RFC 9728 s3 and s5.
 *
 * @module
 */
import { isScopeToken, validateResourceMetadata } from '@scopegate/core';
import type { ProtectedResourceMetadata } from '@scopegate/core';
import { metadataUrlsOf, ownMember, parseUrl } from '@scopegate/core/engine';
import { isPrivateAddress, isPrivateHost } from './address.js';
import { readDiscoveryOptions } from './discovery-options.js';
import type { DiscoverResourceOptions, DiscoverySettings } from './discovery-options.js';
import { DiscoveryError } from './errors.js';
import { fetchDocument } from './fetch-document.js';

export interface DiscoveredResource {
  /** The resource's identifier, as it must be sent to the authorization server (RFC 8707). */
  readonly resource: string;
  readonly metadata: ProtectedResourceMetadata;
  readonly metadataUrl: string;
}

/**
 * Finds the metadata of the resource at `url`: at the URL that the challenge names, or else at the
 * well-known URL of its path, or else at the one of its origin. The second well-known URL is tried only
 * if the first answers that it has no document, as with 404.
 *
 * Checks that URLs are `https` (`http` on loopback), on the resource's origin unless `allowOrigin` accepts
 * another, and not private unless the resource is; that the answer is a JSON document within the limits
 * of size and time, without a redirect; that it is about this resource (RFC 9728 s3.3); and that its
 * `authorization_servers` are URLs by the same rules. Members of `scopes_supported` that are not scope
 * tokens are removed. Does not check other members, nor the authorization server's own metadata.
 *
 * @example
 * ```ts
 * const { metadata } = await discoverResource('https://notes.example.com/mcp', { challenge });
 * const issuer = metadata.authorization_servers?.[0];
 * ```
 * @throws {@link DiscoveryError} with the rule that was broken
 * @group Client
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-3.3 RFC 9728 s3.3}
 */
export async function discoverResource(
  url: string | URL,
  options: DiscoverResourceOptions = {},
): Promise<DiscoveredResource> {
  const resource = parseUrl(String(url));
  if (resource === undefined) throw new DiscoveryError('invalid_url', String(url));
  const settings = readDiscoveryOptions(options, '');
  const { allowPathPrefix, challenge } = settings;
  const requestUrl = resource.href;
  let named = challenge?.resourceMetadata;
  // Lenient: a `resource_metadata` that is not an absolute URL (RFC 9728 s5.1) is ignored.
  if (named !== undefined && !URL.canParse(named)) named = undefined;
  for (const metadataUrl of named === undefined ? metadataUrlsOf(resource) : [named]) {
    await checkAddress(metadataUrl, resource, settings);
    const document = await fetchDocument(metadataUrl, settings);
    if (document === undefined) continue;
    const verdict = validateResourceMetadata(document, {
      requestUrl,
      metadataUrl,
      via: named === undefined ? 'well-known' : 'challenge',
      allowPathPrefix,
    });
    if (!verdict.ok) throw new DiscoveryError('resource_mismatch', metadataUrl, verdict.problem);
    const metadata = read(document as ProtectedResourceMetadata, metadataUrl);
    for (const issuer of metadata.authorization_servers ?? []) {
      await checkAddress(issuer, resource, { ...settings, allowOrigin: () => true });
    }
    return { resource: metadata.resource, metadata, metadataUrl };
  }
  throw new DiscoveryError('not_found', requestUrl);
}

function read(document: ProtectedResourceMetadata, url: string): ProtectedResourceMetadata {
  const issuers = ownMember(document, 'authorization_servers') ?? [];
  const scopes = ownMember(document, 'scopes_supported');
  if (!Array.isArray(issuers) || issuers.some((issuer) => typeof issuer !== 'string')) {
    throw new DiscoveryError('invalid_authorization_servers', url);
  }
  // Without a prototype, a member that the document lacks cannot be found on a polluted one.
  return Object.assign(Object.create(null) as object, document, {
    authorization_servers: issuers as readonly string[],
    scopes_supported: Array.isArray(scopes) ? scopes.filter(isScopeToken) : [],
  });
}

async function checkAddress(
  text: string,
  resource: URL,
  { allowOrigin, allowPrivateHosts, lookup }: DiscoverySettings,
): Promise<void> {
  const url = parseUrl(text);
  if (url === undefined) throw new DiscoveryError('invalid_url', text);
  const { hostname, origin } = url;
  // The application chose the resource, and with it this origin.
  if (origin === resource.origin) return;
  if ((await allowOrigin(origin)) !== true) throw new DiscoveryError('foreign_origin', text);
  if (isPrivateHost(resource.hostname) || allowPrivateHosts.includes(hostname)) return;
  let isPrivate = isPrivateHost(hostname);
  try {
    isPrivate ||= (await lookup?.(hostname))?.some(isPrivateAddress) === true;
  } catch (error) {
    throw new DiscoveryError('unreachable', text, error);
  }
  if (isPrivate) throw new DiscoveryError('private_address', text);
}
