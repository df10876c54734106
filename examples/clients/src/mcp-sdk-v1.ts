/**
 * The official MCP client, version 1, with its own OAuth code and the bounds of @scopegate/client.
 *
 * By itself it requests the challenge's scopes alone, so that each of two tools removes the other's scope.
 * With a refresh token it refreshes instead of stepping up, and fails.
 *
 * @module
 */
import { auth } from '@modelcontextprotocol/sdk/client/auth.js';
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { stepUpFetch } from '@scopegate/client';
import { unionScopes } from '@scopegate/core';
import type { StepUpFetch, StepUpFetchOptions } from '@scopegate/client';
import { requiredLogin, withParameters } from './required-login.js';

export interface McpV1Options extends Pick<
  StepUpFetchOptions,
  'ledger' | 'onStepUp' | 'onGiveUp' | 'approveScopes'
> {
  readonly serverUrl: URL;
  readonly provider: OAuthClientProvider;
  /** What the browser brought back after `provider.redirectToAuthorization`, `state` checked. */
  readonly callback: () => Promise<URLSearchParams>;
  /** Asks for a refresh token, at authorization servers that give one for `offline_access`. */
  readonly offlineAccess?: boolean;
}

/** Use it as `new StreamableHTTPClientTransport(serverUrl, { fetch })`, without an `authProvider`. */
export function mcpV1Fetch({
  serverUrl,
  provider,
  callback,
  offlineAccess = false,
  ...options
}: McpV1Options): StepUpFetch {
  return stepUpFetch({
    ...options,
    resource: serverUrl,
    async token() {
      const tokens = await provider.tokens();
      return tokens && { accessToken: tokens.access_token, scope: tokens.scope };
    },
    async authorize({ reason, scope, challenge, metadata }) {
      const metadataUrl = challenge?.resourceMetadata;
      const request = {
        serverUrl,
        scope: unionScopes(scope, offlineAccess ? 'offline_access' : '') ?? '',
        ...(metadataUrl !== undefined && { resourceMetadataUrl: new URL(metadataUrl) }),
      };
      const login = requiredLogin(challenge);
      const mayRefresh = reason === 'reauthenticate' && login === undefined;
      const asker = mayRefresh ? provider : withoutRefreshToken(provider);
      if ((await auth(withParameters(asker, login ?? {}), request)) === 'AUTHORIZED') return;
      const params = await callback();
      // RFC 9207: version 1 does not check which issuer answered.
      const iss = params.get('iss');
      if (iss !== null && iss !== metadata?.authorization_servers?.[0]) {
        throw new Error('An answer of another authorization server');
      }
      const error = params.get('error');
      if (error !== null) throw Object.assign(new Error('No authorization'), { error });
      const authorizationCode = params.get('code') ?? '';
      await auth(provider, { ...request, authorizationCode });
    },
  });
}

/** `auth` of version 1 refreshes whenever it can: a refresh token it cannot see, it cannot use. */
function withoutRefreshToken(provider: OAuthClientProvider): OAuthClientProvider {
  return new Proxy(provider, {
    get(target, name) {
      if (name === 'tokens') {
        return async () => {
          const tokens = await target.tokens();
          return tokens && { ...tokens, refresh_token: undefined };
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
