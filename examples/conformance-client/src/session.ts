/**
 * One user's tokens for one resource, and how to get them: the OAuth flow behind `stepUpFetch`.
 *
 * @module
 */
import * as oauth from 'oauth4webapi';
import { unionScopes } from '@scopegate/core';
import type { AuthorizationRequest, StepUpFetchOptions } from '@scopegate/client';
import { defaultAuthorizationServer, findAuthorizationServer } from './authorization-server.js';
import { identify } from './identify.js';
import type { IdentifyOptions, Identity } from './identify.js';

export interface SessionOptions extends IdentifyOptions {
  /** Opens an authorization URL, resolves with the redirect that came back. */
  readonly openBrowser: (url: URL) => Promise<URL>;
}

interface Registration extends Identity {
  readonly server: oauth.AuthorizationServer;
}

/** The suite's servers are on loopback. */
const HTTP = { [oauth.allowInsecureRequests]: true };

/** PKCE, `state`, `iss` (RFC 9207) and resource indicators (RFC 8707) in every authorization. */
export function createSession(
  options: SessionOptions,
): Required<Pick<StepUpFetchOptions, 'token' | 'authorize'>> {
  let tokens: oauth.TokenEndpointResponse | undefined;
  let registered: Registration | undefined;

  async function register(issuer: string, isGuess: boolean): Promise<Registration> {
    // A client belongs to the server that it was registered with, and so do its tokens.
    if (registered?.server.issuer === issuer) return registered;
    const found = await findAuthorizationServer(issuer);
    const server = found ?? (isGuess ? defaultAuthorizationServer(issuer) : undefined);
    if (server === undefined) throw new Error(`${issuer} has no metadata`);
    const identity = await identify(server, options);
    tokens = undefined;
    return (registered = { server, ...identity });
  }

  async function authorize(request: AuthorizationRequest) {
    const { reason, resource, metadata } = request;
    // Without RFC 9728 metadata the resource's origin is its authorization server (MCP 2025-03-26).
    const isGuess = metadata === undefined;
    const issuer = isGuess ? new URL(resource).origin : metadata.authorization_servers?.[0];
    if (issuer === undefined) throw new Error(`${resource} names no authorization server`);
    const registration = await register(issuer, isGuess);
    const refreshToken = tokens?.refresh_token;
    tokens =
      reason === 'reauthenticate' && refreshToken !== undefined && !requiredLogin(request)
        ? { ...tokens, ...(await refresh(registration, refreshToken, resource)) }
        : await login(registration, request);
    return { scope: tokens.scope };
  }

  async function login(
    { server, client, authenticate }: Registration,
    request: AuthorizationRequest,
  ): Promise<oauth.TokenEndpointResponse> {
    const { scope, resource } = request;
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const { redirectUri } = options;
    const offersOffline = server.scopes_supported?.includes('offline_access') === true;
    const wanted = unionScopes(scope, offersOffline ? 'offline_access' : undefined);
    const url = new URL(server.authorization_endpoint ?? '');
    const parameters = {
      client_id: client.client_id,
      redirect_uri: redirectUri,
      response_type: 'code',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      resource,
      ...(wanted !== undefined && { scope: wanted }),
      ...requiredLogin(request),
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    const redirect = await options.openBrowser(url);
    const answer = oauth.validateAuthResponse(server, client, redirect, state);
    const response = await oauth.authorizationCodeGrantRequest(
      ...([server, client, authenticate, answer, redirectUri, verifier] as const),
      { ...HTTP, additionalParameters: { resource } },
    );
    const granted = await oauth.processAuthorizationCodeResponse(server, client, response);
    // RFC 6749 s5.1: a response without `scope` grants what was asked for.
    return scope === undefined ? granted : { scope, ...granted };
  }

  return {
    token: () => tokens && { accessToken: tokens.access_token, scope: tokens.scope },
    authorize,
  };
}

/** The parameters of a login that the resource requires (RFC 9470 s4), which no refresh would be. */
function requiredLogin({ challenge }: AuthorizationRequest): Record<string, string> | undefined {
  if (challenge?.error !== 'insufficient_user_authentication') return undefined;
  const names = ['acr_values', 'max_age'];
  return Object.fromEntries([...challenge.params].filter(([name]) => names.includes(name)));
}

async function refresh(
  { server, client, authenticate }: Registration,
  refreshToken: string,
  resource: string,
): Promise<oauth.TokenEndpointResponse> {
  const response = await oauth.refreshTokenGrantRequest(
    ...([server, client, authenticate, refreshToken] as const),
    { ...HTTP, additionalParameters: { resource } },
  );
  return oauth.processRefreshTokenResponse(server, client, response);
}
