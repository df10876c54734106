/**
 * An authorization server's metadata, found from its issuer identifier.
 *
 * @module
 */
import { fetchText } from './fetch-text.js';
import type { FetchLimits } from './fetch-text.js';
import { own } from './read-token.js';

/**
 * Fetches the metadata of an issuer: RFC 8414, then the two forms that OpenID providers serve; the
 * first one that exists counts, and must name exactly this issuer.
 *
 * @throws {@link Error} when there is none, or another issuer's
 * @see {@link https://www.rfc-editor.org/rfc/rfc8414#section-3 RFC 8414 s3}
 */
export async function fetchIssuerMetadata(issuer: string, limits: FetchLimits): Promise<object> {
  for (const url of metadataUrls(issuer)) {
    const init = { headers: { accept: 'application/json' } };
    const { status, text } = await fetchText(url, init, limits);
    if (NONE.has(status)) continue;
    if (status !== 200) throw new Error(`${url} answered ${status}`);
    const metadata: unknown = JSON.parse(text);
    if (typeof metadata !== 'object' || metadata === null) {
      throw new Error(`${url}: no JSON object`);
    }
    const named = own(metadata, 'issuer');
    // RFC 8414 s3.3: exactly equal, or the document is another issuer's.
    if (named !== issuer) throw new Error(`${url} names issuer ${JSON.stringify(named)}`);
    return metadata;
  }
  throw new Error(`${issuer} publishes no metadata`);
}

/** What says that there is no such document, rather than that it cannot be had now. */
const NONE: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 406, 410]);

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
