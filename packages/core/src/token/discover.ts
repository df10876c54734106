/**
 * Finds an authorization server's addresses through its metadata (RFC 8414, OpenID Connect Discovery).
 *
 * @module
 */
import { checkUrl } from '../metadata/index.js';
import { fetchJson } from './fetch-json.js';
import type { FetchOptions } from './fetch-text.js';
import { own } from '../values.js';

/**
 * Returns the URL that an issuer's metadata has under `member`. It is https; an issuer on http is on
 * loopback, and so may its addresses be.
 *
 * @throws {@link Error} when there is no metadata, it is not this issuer's, or lacks such a URL
 * @see {@link https://www.rfc-editor.org/rfc/rfc8414#section-3 RFC 8414 s3}
 */
export async function discoverUrl(
  issuer: string,
  member: string,
  options: FetchOptions,
): Promise<string> {
  for (const address of metadataUrls(issuer)) {
    const metadata = await fetchJson(address, options);
    if (metadata === undefined) continue;
    if (typeof metadata !== 'object' || metadata === null) {
      throw new Error(`${address}: no JSON object`);
    }
    // RFC 8414 s3.3: exactly equal, or the document is another issuer's.
    const named = own(metadata, 'issuer');
    if (named !== issuer) throw new Error(`${address} names issuer ${JSON.stringify(named)}`);
    const found = own(metadata, member);
    if (found === undefined) throw new Error(`${address} names no ${member}`);
    const url = checkUrl(found, `${member} of ${issuer}`);
    // Public metadata must not point the service at itself.
    if (url.protocol !== 'https:' && new URL(issuer).protocol === 'https:') {
      throw new Error(`${member} of ${issuer}: ${url.href} must use https`);
    }
    return url.href;
  }
  throw new Error(`${issuer} publishes no metadata; it would name ${member}`);
}

/** RFC 8414 s3.1, and the two forms that OpenID providers serve. */
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
