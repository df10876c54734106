/**
 * Finds an authorization server's addresses through its metadata (RFC 8414, OpenID Connect Discovery).
 *
 * @module
 */
import { fetchJson, nameOf } from '../fetch-json.js';
import type { FetchOptions } from '../fetch-json.js';
import { isObject, ownMember } from '../values.js';
import { checkAddress, reach, readAddresses } from './addresses.js';
import type { Addresses } from './addresses.js';

export interface DiscoverOptions extends FetchOptions {
  /** @default https, and http on loopback if the metadata was fetched over http */
  readonly addresses?: Addresses;
  /** The origin at which the issuer is reached, if it differs from that of the issuer's URL. */
  readonly internalOrigin?: string | undefined;
}

/**
 * Returns the URL in `member` of an issuer's metadata, with `internalOrigin` in the place of the issuer's
 * origin. It must be https, unless the options name its host, or allow http on loopback and the metadata was
 * fetched over http.
 *
 * Fetches the well-known URLs in turn, until one returns a document of exactly this issuer that contains
 * such a URL. After any other answer (another status, a redirect, HTML, another issuer, a document
 * without the member) it tries the next URL, since many servers answer unknown paths in these ways.
 *
 * @throws {@link Error} if no URL returns such a document; the error names each URL and the problem
 * there
 * @see {@link https://www.rfc-editor.org/rfc/rfc8414#section-3 RFC 8414 s3}
 */
export async function discoverUrl(
  issuer: string,
  member: string,
  options: DiscoverOptions,
): Promise<string> {
  const causes: string[] = [];
  for (const place of metadataUrls(issuer)) {
    const address = reach(place, issuer, options.internalOrigin);
    try {
      return urlIn(await fetchJson(address, options), issuer, { member, address, options });
    } catch (error) {
      causes.push(causeOf(error));
    }
  }
  throw new Error(`no metadata of ${issuer} names ${member}: ${causes.join('; ')}`);
}

/** Maximum number of characters of a cause in the message. */
const MAX_REPEATED = 300;

/**
 * Returns the text of an error in visible ASCII, because the message is logged and parts of it come from
 * a foreign document.
 */
function causeOf(error: unknown): string {
  const text = error instanceof Error ? error.message : 'something was thrown';
  return text.slice(0, MAX_REPEATED).replaceAll(/[^ -~]/g, '?');
}

interface Found {
  readonly member: string;
  /** The URL from which the metadata was fetched. */
  readonly address: string;
  readonly options: DiscoverOptions;
}

function urlIn(metadata: unknown, issuer: string, { member, address, options }: Found): string {
  const place = nameOf(address);
  if (!isObject(metadata) || Array.isArray(metadata)) throw new Error(`${place}: no JSON object`);
  // RFC 8414 s3.3: a document that names another issuer must not be used.
  const named = ownMember(metadata, 'issuer');
  if (named !== issuer) {
    throw new Error(`${place} names issuer ${JSON.stringify(named) ?? 'none'}, another one`);
  }
  // The members `jwks_uri` and `introspection_endpoint` are optional (RFC 8414 s2).
  const found = ownMember(metadata, member);
  if (found === undefined) throw new Error(`${place} names no ${member}`);
  const { internalOrigin } = options;
  const loopback = { allowInsecureLoopback: true };
  const { addresses = readAddresses(loopback, 'discoverUrl') } = options;
  const path = `${member} of ${place}`;
  const target = typeof found === 'string' && URL.canParse(found) ? found : undefined;
  const reached = target === undefined ? found : reach(target, issuer, internalOrigin);
  const url = checkAddress(reached, path, addresses);
  // Metadata that was fetched over https must not make this service send requests to its own machine.
  const isNamed = url.protocol === 'https:' || addresses.hosts.has(url.host);
  if (!isNamed && new URL(address).protocol === 'https:') {
    throw new Error(`${path}: ${url.href} must use https`);
  }
  return url.href;
}

/** Returns the URL of RFC 8414 s3.1, and the two that OpenID providers serve (RFC 8414 s5). */
function metadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const urls = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
  return [...new Set(urls)];
}
