/**
 * Finds and checks the metadata of a protected resource, RFC 9728 s3 and s5.
 *
 * @module
 */
import { isScopeToken, validateResourceMetadata } from '@scopegate/core';
import type { ProtectedResourceMetadata, ResourceMetadataProblem } from '@scopegate/core';
import { metadataUrlsOf, ownMember, parseUrl } from '@scopegate/core/engine';
import { isPrivateAddress, isPrivateHost } from './address.js';
import { readDiscoveryOptions } from './discovery-options.js';
import type { DiscoverResourceOptions, DiscoverySettings } from './discovery-options.js';
import { DiscoveryError, showUrl } from './errors.js';
import { fetchDocument } from './fetch-document.js';

export interface DiscoveredResource {
  /** The resource's identifier, to be sent to the authorization server as `resource` (RFC 8707). */
  readonly resource: string;
  readonly metadata: ProtectedResourceMetadata;
  readonly metadataUrl: string;
}

/**
 * Finds the metadata of the resource at `url`. If the challenge names a URL, it requests only that URL.
 * Otherwise it requests the well-known URL of the resource's path, and if the answer is that there is no
 * document, such as 404, the well-known URL of the resource's origin.
 *
 * It checks that URLs are `https` (`http` on loopback), on the resource's origin unless `allowOrigin` accepts
 * another, and not private unless the resource is private or `allowPrivateHosts` names the host; that the
 * answer is a JSON document within the limits of size and time, without a redirect; that the document
 * describes the expected resource, or, without `strictResource`, a path above `url` on the same origin (RFC
 * 9728 s3.3); and that its `authorization_servers` are URLs by the same rules, except that any origin is
 * accepted. Members of `scopes_supported` that are not scope tokens are removed. It does not check other
 * members, nor the authorization server's own metadata.
 *
 * @example
 * ```ts
 * const { metadata } = await discoverResource('https://notes.example.com/mcp', { challenge });
 * const issuer = metadata.authorization_servers?.[0];
 * ```
 * @throws {@link DiscoveryError} with a code for the rule that was violated
 * @throws {@link TypeError} naming the option
 * @group Client
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-3.3 RFC 9728 s3.3}
 */
export async function discoverResource(
  url: string | URL,
  options: DiscoverResourceOptions = {},
): Promise<DiscoveredResource> {
  const resource = parseUrl(String(url));
  if (resource === undefined) throw invalidUrl(String(url));
  const settings = readDiscoveryOptions(options, '');
  const { strictResource, challenge } = settings;
  const requestUrl = resource.href;
  // Lenient: a `resource_metadata` that is not an absolute URL (RFC 9728 s5.1) is ignored.
  const { resourceMetadata = '' } = challenge ?? {};
  const named = URL.canParse(resourceMetadata) ? resourceMetadata : undefined;
  const metadataUrls = named === undefined ? metadataUrlsOf(resource) : [named];
  for (const metadataUrl of metadataUrls) {
    await checkAddress(metadataUrl, resource, settings);
    const document = await fetchDocument(metadataUrl, settings);
    if (document === undefined) continue;
    const verdict = validateResourceMetadata(document, {
      requestUrl,
      metadataUrl,
      via: named === undefined ? 'well-known' : 'challenge',
      allowPathPrefix: !strictResource,
    });
    if (!verdict.ok) {
      const { problem } = verdict;
      throw new DiscoveryError('resource_mismatch', metadataUrl, problem, describeProblem(problem));
    }
    const metadata = read(document as ProtectedResourceMetadata, metadataUrl);
    for (const issuer of metadata.authorization_servers ?? []) {
      await checkAddress(issuer, resource, { ...settings, allowOrigin: () => true });
    }
    return { resource: metadata.resource, metadata, metadataUrl };
  }
  const asked = `no document at ${[...metadataUrls].map(showUrl).join(' or ')}`;
  throw new DiscoveryError('not_found', requestUrl, undefined, asked);
}

/** Describes how a document does not fit the resource. The texts of `problem` come from the document. */
function describeProblem({ code, expected, found }: ResourceMetadataProblem): string {
  if (found === undefined) return code;
  const rule = expected === undefined ? '' : `expected resource ${showUrl(expected)}, `;
  return `${rule}found ${showUrl(found)}`;
}

function invalidUrl(text: string): DiscoveryError {
  const rule = 'expected an https URL (http on loopback) without user information and fragment';
  return new DiscoveryError('invalid_url', text, undefined, rule);
}

function read(document: ProtectedResourceMetadata, url: string): ProtectedResourceMetadata {
  const issuers = ownMember(document, 'authorization_servers') ?? [];
  const scopes = ownMember(document, 'scopes_supported');
  if (!Array.isArray(issuers) || issuers.some((issuer) => typeof issuer !== 'string')) {
    const fact = 'expected a list of strings in authorization_servers';
    throw new DiscoveryError('invalid_authorization_servers', url, undefined, fact);
  }
  // The copy has no prototype, so that a polluted prototype cannot supply a member that the document lacks.
  return {
    __proto__: null,
    ...document,
    authorization_servers: issuers as readonly string[],
    scopes_supported: Array.isArray(scopes) ? scopes.filter(isScopeToken) : [],
  };
}

async function checkAddress(
  text: string,
  resource: URL,
  { allowOrigin, allowPrivateHosts, lookup }: DiscoverySettings,
): Promise<void> {
  const url = parseUrl(text);
  if (url === undefined) throw invalidUrl(text);
  const { hostname, origin } = url;
  // The application chose the resource, so its origin is allowed.
  if (origin === resource.origin) return;
  if ((await allowOrigin(origin)) !== true) {
    const fact = `expected the origin ${resource.origin}, or one that allowOrigin accepts`;
    throw new DiscoveryError('foreign_origin', text, undefined, fact);
  }
  if (isPrivateHost(resource.hostname) || allowPrivateHosts.includes(hostname)) return;
  let isPrivate = isPrivateHost(hostname);
  try {
    // The brackets of an IPv6 address belong to the URL, and no resolver knows them.
    isPrivate ||=
      (await lookup?.(hostname.replaceAll(/[[\]]/g, '')))?.some(isPrivateAddress) === true;
  } catch (error) {
    throw new DiscoveryError('unreachable', text, error);
  }
  if (isPrivate) {
    const fact = `expected a public host, or one in allowPrivateHosts, for ${resource.origin}`;
    throw new DiscoveryError('private_address', text, undefined, fact);
  }
}
