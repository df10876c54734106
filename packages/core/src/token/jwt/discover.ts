/**
 * Finds an issuer's JWKS through its metadata (RFC 8414, OpenID Connect Discovery).
 *
 * @module
 */
import { checkUrl } from '../../metadata/index.js';
import { own } from '../index.js';
import { fetchJson } from './fetch-json.js';
import type { Fetch } from './fetch-json.js';

/**
 * Returns the issuer's `jwks_uri`, an https URL; an issuer on http is on loopback, and so may its
 * keys be.
 *
 * @throws {@link Error} when there is no metadata, or it is not this issuer's
 * @see {@link https://www.rfc-editor.org/rfc/rfc8414#section-3 RFC 8414 s3}
 */
export async function discoverJwksUri(issuer: string, fetch: Fetch): Promise<string> {
  for (const url of metadataUrls(issuer)) {
    const metadata = await fetchJson(url, fetch);
    if (metadata === undefined) continue;
    if (typeof metadata !== 'object' || metadata === null) {
      throw new Error(`${url}: no JSON object`);
    }
    // RFC 8414 s3.3: exactly equal, or the document is another issuer's.
    const named = own(metadata, 'issuer');
    if (named !== issuer) throw new Error(`${url} names issuer ${JSON.stringify(named)}`);
    const jwksUri = checkUrl(own(metadata, 'jwks_uri'), `jwks_uri of ${issuer}`);
    // Public metadata must not point the service at itself.
    if (jwksUri.protocol !== 'https:' && new URL(issuer).protocol === 'https:') {
      throw new Error(`jwks_uri of ${issuer}: ${jwksUri.href} must use https`);
    }
    return jwksUri.href;
  }
  throw new Error(`${issuer} publishes no metadata; set jwks`);
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
