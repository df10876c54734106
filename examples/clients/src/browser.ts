/**
 * The part that the application adds to every recipe: it sends the user to the authorization server.
 *
 * @module
 */

/** Where the user comes back to. */
export const REDIRECT_URI = 'http://localhost/callback';

/**
 * Sends the user to the authorization URL and waits for them: resolves with the redirect URI and
 * what the authorization server put into it. A desktop application opens the system's browser and
 * listens on loopback (RFC 8252). A page cannot wait: see `docs/client.md`, "Redirects to
 * the authorization server".
 */
export type OpenBrowser = (authorizationUrl: URL) => Promise<URL>;

/** How the client registers (RFC 7591). It names no scope: some servers would never give another. */
export const CLIENT_METADATA = {
  client_name: 'Step-up example',
  redirect_uris: [REDIRECT_URI],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
};
