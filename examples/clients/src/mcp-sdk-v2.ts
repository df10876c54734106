/**
 * The official MCP client, version 2, with its own OAuth code and the bounds of @scopegate/client.
 *
 * The transport gets a `fetch` instead of an `authProvider`: by itself it requests a scope that
 * was declined again and again, and forgets earlier requested scopes at each 401.
 *
 * @module
 */
import { StreamableHTTPClientTransport, auth } from '@modelcontextprotocol/client';
import type { OAuthClientProvider } from '@modelcontextprotocol/client';
import { stepUpFetch } from '@scopegate/client';
import type { StepUpFetch, StepUpFetchOptions } from '@scopegate/client';
import { requiredLogin, withParameters } from './required-login.js';

export interface McpOptions extends Pick<
  StepUpFetchOptions,
  'ledger' | 'onStepUp' | 'onGiveUp' | 'approveScopes'
> {
  readonly serverUrl: URL;
  readonly provider: OAuthClientProvider;
  /** What the browser brought back after `provider.redirectToAuthorization`. */
  readonly callback: () => Promise<URLSearchParams>;
}

/** Use it as `new StreamableHTTPClientTransport(serverUrl, { fetch })`, without an `authProvider`. */
export function mcpFetch({ serverUrl, provider, callback, ...options }: McpOptions): StepUpFetch {
  return stepUpFetch({
    ...options,
    resource: serverUrl,
    async token() {
      const tokens = await provider.tokens();
      return tokens && { accessToken: tokens.access_token, scope: tokens.scope };
    },
    async authorize({ reason, scope, challenge }) {
      const metadataUrl = challenge?.resourceMetadata;
      const login = requiredLogin(challenge);
      const result = await auth(withParameters(provider, login ?? {}), {
        serverUrl,
        ...(scope !== undefined && { scope }),
        ...(metadataUrl !== undefined && { resourceMetadataUrl: new URL(metadataUrl) }),
        // A refresh cannot widen a token (RFC 6749 s6), and is no new login.
        forceReauthorization: reason !== 'reauthenticate' || login !== undefined,
      });
      if (result === 'AUTHORIZED') return;
      // It checks `iss` (RFC 9207) before it believes a code or an error.
      const params = await callback();
      await new StreamableHTTPClientTransport(serverUrl, { authProvider: provider }).finishAuth(
        params,
      );
    },
  });
}
