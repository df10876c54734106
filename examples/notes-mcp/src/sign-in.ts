/**
 * A login without an MCP connection: what the official client does, asked for by hand.
 *
 * @module
 */

import { StreamableHTTPClientTransport, auth } from '@modelcontextprotocol/client';
import { createBrowser } from './browser.js';
import { createOAuthProvider, credentialsOf } from './oauth-client.js';
import type { Credentials } from './oauth-client.js';
import type { Environment } from './environment.js';

/** Gets an account a token with these scopes. */
export async function signIn(
  { resource }: Environment,
  scope: string,
  account = 'ray',
): Promise<Credentials> {
  const provider = createOAuthProvider({ browser: createBrowser({ account }) });
  const serverUrl = new URL(resource);
  await auth(provider, { serverUrl, scope });
  await provider.finish(new StreamableHTTPClientTransport(serverUrl, { authProvider: provider }));
  return credentialsOf(provider);
}
