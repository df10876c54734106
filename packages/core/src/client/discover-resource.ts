/**
 * Finds and judges the metadata of a protected resource, RFC 9728 s3 and s5.
 *
 * @module
 */
import { metadataUrlsOf, parseUrl, validateResourceMetadata } from '../metadata/index.js';
import type { ProtectedResourceMetadata } from '../metadata/index.js';
import { isScopeToken } from '../scope/index.js';
import { isPrivateAddress, isPrivateHost } from './address.js';
import { DiscoveryError } from './errors.js';
import { fetchDocument } from './fetch-document.js';
import { own } from '../json.js';
import type { Fetch } from './request.js';

export interface DiscoverResourceOptions {
  /** Of the answer that asked for a token; its `resource_metadata` is looked at before all else. */
  readonly challenge?: { readonly resourceMetadata?: string | undefined } | undefined;
  /** Called without a token. @default the global `fetch` */
  readonly fetch?: Fetch | undefined;
  /** Whether a challenge may name metadata on this other origin. @default none */
  readonly allowOrigin?: ((origin: string) => boolean | Promise<boolean>) | undefined;
  /**
   * Also believes a document whose `resource` is a path above `url`, on its origin. A leniency that
   * RFC 9728 does not know, and that many servers need.
   *
   * @default false
   */
  readonly allowPathPrefix?: boolean | undefined;
  /**
   * Resolves a host name to its addresses, so that a name for a private address is seen too. In
   * Node: `async (host) => (await dns.lookup(host, { all: true })).map(({ address }) => address)`.
   * Without it only addresses in URLs can be judged. What the name resolves to a moment later,
   * when it is fetched, cannot be judged here in either case.
   */
  readonly lookup?: ((hostname: string) => Promise<readonly string[]>) | undefined;
  /** @default 262144 */
  readonly maxBytes?: number | undefined;
  /** Milliseconds for each document. @default 5000 */
  readonly timeout?: number | undefined;
}

export interface DiscoveredResource {
  /** The resource's identifier, as it must be sent to the authorization server (RFC 8707). */
  readonly resource: string;
  readonly metadata: ProtectedResourceMetadata;
  readonly metadataUrl: string;
}

/**
 * Finds the metadata of the resource at `url`: where the challenge says, else at the well-known
 * path for its path, else at the one for its origin. The next place is tried only if one says
 * that it has none, as with 404, and never in place of what a challenge names.
 *
 * Checks that URLs are `https` (`http` on loopback), of the resource's origin unless `allowOrigin`,
 * and not private unless the resource is; that the answer is a JSON document of bounded size, in
 * time, without a redirect; that it is about this resource (RFC 9728 s3.3); and that its
 * `authorization_servers` are issuers by the same rules for URLs. `scopes_supported` keeps what are
 * scope tokens. Does not check other members, nor the authorization server's own metadata.
 *
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
  const requestUrl = resource.href;
  const named = options.challenge?.resourceMetadata;
  const places = named === undefined ? metadataUrlsOf(resource) : [named];
  for (const metadataUrl of places) {
    await checkAddress(metadataUrl, resource, options, options.allowOrigin ?? (() => false));
    const document = await fetchDocument(metadataUrl, {
      fetch: options.fetch ?? globalThis.fetch,
      maxBytes: options.maxBytes ?? 262_144,
      timeout: options.timeout ?? 5000,
    });
    if (document === undefined) continue;
    const verdict = validateResourceMetadata(document, {
      requestUrl,
      metadataUrl,
      via: named === undefined ? 'well-known' : 'challenge',
      allowPathPrefix: options.allowPathPrefix === true,
    });
    if (!verdict.ok) throw new DiscoveryError('resource_mismatch', metadataUrl, verdict.problem);
    const metadata = await read(document as ProtectedResourceMetadata, metadataUrl, (issuer) =>
      checkAddress(issuer, resource, options, () => true),
    );
    return { resource: metadata.resource, metadata, metadataUrl };
  }
  throw new DiscoveryError('not_found', requestUrl);
}

async function read(
  document: ProtectedResourceMetadata,
  url: string,
  checkIssuer: (issuer: string) => Promise<void>,
): Promise<ProtectedResourceMetadata> {
  const issuers = own(document, 'authorization_servers') ?? [];
  if (!isStrings(issuers)) throw new DiscoveryError('invalid_authorization_servers', url);
  for (const issuer of issuers) await checkIssuer(issuer);
  const scopes = own(document, 'scopes_supported');
  // Without a prototype: a member that the document lacks must not be found on a polluted one.
  return Object.assign(Object.create(null) as object, document, {
    authorization_servers: issuers,
    scopes_supported: Array.isArray(scopes) ? scopes.filter(isScopeToken) : [],
  });
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}

async function checkAddress(
  text: string,
  resource: URL,
  { lookup }: DiscoverResourceOptions,
  allowOrigin: (origin: string) => boolean | Promise<boolean>,
): Promise<void> {
  const url = parseUrl(text);
  if (url === undefined) throw new DiscoveryError('invalid_url', text);
  const { hostname, origin } = url;
  // Whoever chose the resource chose its origin.
  if (origin === resource.origin) return;
  if ((await allowOrigin(origin)) !== true) throw new DiscoveryError('foreign_origin', text);
  if (isPrivateHost(resource.hostname)) return;
  if (isPrivateHost(hostname) || (await resolvesToPrivate(hostname, text, lookup))) {
    throw new DiscoveryError('private_address', text);
  }
}

async function resolvesToPrivate(
  hostname: string,
  url: string,
  lookup: DiscoverResourceOptions['lookup'],
): Promise<boolean> {
  try {
    return ((await lookup?.(hostname)) ?? []).some(isPrivateAddress);
  } catch (error) {
    throw new DiscoveryError('unreachable', url, error);
  }
}
