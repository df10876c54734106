/**
 * Finds an authorization server's metadata, as MCP asks for it.
 *
 * @module
 */
import * as oauth from 'oauth4webapi';

/**
 * Returns the metadata of an issuer, or `undefined` if it has none at any well-known place.
 *
 * Checks that the document is about this issuer (RFC 8414 s3.3) and that PKCE with S256 is offered.
 *
 * @throws if a document must not be used; the next well-known place is not tried then
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#authorization-server-metadata-discovery MCP, Authorization Server Metadata Discovery}
 */
export async function findAuthorizationServer(
  issuer: string,
): Promise<oauth.AuthorizationServer | undefined> {
  for (const url of metadataUrlsOf(new URL(issuer))) {
    const headers = { accept: 'application/json' };
    const response = await fetch(url, { headers, redirect: 'manual' });
    if (response.status >= 400 && response.status < 500) {
      await response.body?.cancel();
      continue;
    }
    const server = await oauth.processDiscoveryResponse(new URL(issuer), response);
    // Without this member a client cannot know whether it ignores the challenge.
    if (server.code_challenge_methods_supported?.includes('S256') !== true) {
      throw new Error(`${issuer} does not offer PKCE with S256`);
    }
    return server;
  }
  return undefined;
}

/** In the order that MCP gives them: RFC 8414, then OpenID Connect, inserted before appended. */
function metadataUrlsOf({ origin, pathname }: URL): readonly string[] {
  const path = pathname === '/' ? '' : pathname;
  const places = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
  return [...new Set(places)];
}

/**
 * The endpoints of a server without metadata, as MCP 2025-03-26 defines them. Use them only for a resource
 * without RFC 9728 metadata: later revisions have no such defaults.
 */
export function defaultAuthorizationServer(issuer: string): oauth.AuthorizationServer {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/register`,
    token_endpoint_auth_methods_supported: ['none'],
  };
}
