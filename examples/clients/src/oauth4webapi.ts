/**
 * A guarded API, with oauth4webapi for the flow.
 *
 * @module
 */
import * as oauth from 'oauth4webapi';
import { stepUpFetch } from '@scopegate/client';
import type { StepUpFetch, StepUpFetchOptions } from '@scopegate/client';
import { CLIENT_METADATA, REDIRECT_URI } from './browser.js';
import type { OpenBrowser } from './browser.js';
import { requiredLogin } from './required-login.js';

export interface Oauth4webapiOptions extends Pick<
  StepUpFetchOptions,
  'ledger' | 'onStepUp' | 'onGiveUp' | 'approveScopes'
> {
  readonly resource: string;
  readonly openBrowser: OpenBrowser;
  /** Lets the flow use http, for a server on loopback. */
  readonly allowInsecureRequests?: boolean;
}

export function apiFetch({
  resource,
  openBrowser,
  allowInsecureRequests = false,
  ...options
}: Oauth4webapiOptions): StepUpFetch {
  const http = { [oauth.allowInsecureRequests]: allowInsecureRequests };
  let tokens: oauth.TokenEndpointResponse | undefined;
  let registered:
    | { readonly as: oauth.AuthorizationServer; readonly client: oauth.Client }
    | undefined;

  async function register(issuer: string) {
    // A client belongs to the server that it was registered with, and so do its tokens.
    if (registered?.as.issuer === issuer) return registered;
    const url = new URL(issuer);
    const as = await oauth.processDiscoveryResponse(
      url,
      await oauth.discoveryRequest(url, { ...http, algorithm: 'oidc' }),
    );
    const client = await oauth.processDynamicClientRegistrationResponse(
      await oauth.dynamicClientRegistrationRequest(as, CLIENT_METADATA, http),
    );
    tokens = undefined;
    registered = { as, client };
    return registered;
  }

  return stepUpFetch({
    ...options,
    resource,
    token: () => tokens && { accessToken: tokens.access_token, scope: tokens.scope },
    async authorize({ reason, scope, resource: indicator, metadata, challenge }) {
      const login = requiredLogin(challenge);
      const { as, client } = await register(metadata?.authorization_servers?.[0] ?? '');
      const none = oauth.None();
      if (reason === 'reauthenticate' && !login && tokens?.refresh_token !== undefined) {
        const refreshed = await oauth.processRefreshTokenResponse(
          as,
          client,
          await oauth.refreshTokenGrantRequest(as, client, none, tokens.refresh_token, {
            ...http,
            additionalParameters: { resource: indicator },
          }),
        );
        tokens = { ...tokens, ...refreshed };
        return;
      }
      const verifier = oauth.generateRandomCodeVerifier();
      const state = oauth.generateRandomState();
      const url = new URL(as.authorization_endpoint ?? '');
      const parameters = {
        client_id: client.client_id,
        redirect_uri: REDIRECT_URI,
        response_type: 'code',
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        resource: indicator,
        ...(scope !== undefined && { scope }),
        ...login,
      };
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      // Throws what the server refused, as `invalid_scope`, with its code in `error`.
      const params = oauth.validateAuthResponse(as, client, await openBrowser(url), state);
      const response = await oauth.authorizationCodeGrantRequest(
        as,
        client,
        none,
        params,
        REDIRECT_URI,
        verifier,
        { ...http, additionalParameters: { resource: indicator } },
      );
      const granted = await oauth.processAuthorizationCodeResponse(as, client, response);
      // RFC 6749 s5.1: a response without `scope` grants what was asked for.
      tokens = { ...granted, ...(scope !== undefined && granted.scope === undefined && { scope }) };
    },
  });
}
