/**
 * A guarded API, with openid-client for the flow.
 *
 * @module
 */
import * as openid from 'openid-client';
import { stepUpFetch } from '@scopegate/client';
import type { StepUpFetch, StepUpFetchOptions } from '@scopegate/client';
import { CLIENT_METADATA, REDIRECT_URI } from './browser.js';
import type { OpenBrowser } from './browser.js';
import { requiredLogin } from './required-login.js';

export interface OpenidClientOptions extends Pick<
  StepUpFetchOptions,
  'ledger' | 'onStepUp' | 'onGiveUp' | 'approveScopes'
> {
  readonly resource: string;
  readonly openBrowser: OpenBrowser;
  /** Lets the flow use http, for a server on loopback. */
  readonly allowInsecureRequests?: boolean;
}

interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly scope?: string;
}

export function openidFetch({
  resource,
  openBrowser,
  allowInsecureRequests = false,
  ...options
}: OpenidClientOptions): StepUpFetch {
  let tokens: Tokens | undefined;
  let registered: { readonly issuer: string; readonly config: openid.Configuration } | undefined;

  async function register(issuer: string): Promise<openid.Configuration> {
    // A client belongs to the server that it was registered with, and so do its tokens.
    if (registered?.issuer === issuer) return registered.config;
    const config = await openid.dynamicClientRegistration(
      new URL(issuer),
      CLIENT_METADATA,
      openid.None(),
      { execute: allowInsecureRequests ? [openid.allowInsecureRequests] : [] },
    );
    tokens = undefined;
    registered = { issuer, config };
    return config;
  }

  return stepUpFetch({
    ...options,
    resource,
    token: () => tokens && { accessToken: tokens.access_token, scope: tokens.scope },
    async authorize({ reason, scope, resource: indicator, metadata, challenge }) {
      const login = requiredLogin(challenge);
      const config = await register(metadata?.authorization_servers?.[0] ?? '');
      if (reason === 'reauthenticate' && !login && tokens?.refresh_token !== undefined) {
        const { refresh_token: refreshToken } = tokens;
        const refreshed = await openid.refreshTokenGrant(config, refreshToken, {
          resource: indicator,
        });
        tokens = { ...tokens, ...refreshed };
        return;
      }
      const pkceCodeVerifier = openid.randomPKCECodeVerifier();
      const expectedState = openid.randomState();
      const url = openid.buildAuthorizationUrl(config, {
        redirect_uri: REDIRECT_URI,
        code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
        state: expectedState,
        resource: indicator,
        ...(scope !== undefined && { scope }),
        ...login,
      });
      // Throws what the server refused, as `invalid_scope`, with its code in `error`.
      const granted = await openid.authorizationCodeGrant(
        config,
        await openBrowser(url),
        { pkceCodeVerifier, expectedState },
        { resource: indicator },
      );
      // RFC 6749 s5.1: a response without `scope` grants what was asked for.
      tokens = { ...granted, ...(scope !== undefined && granted.scope === undefined && { scope }) };
    },
  });
}
