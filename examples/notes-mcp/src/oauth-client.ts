/**
 * The client's side of the login: an in-memory `OAuthClientProvider` for the official client that
 * drives a headless browser, and the try, authorize, try again around one operation.
 *
 * @module
 */

import { randomUUID } from 'node:crypto';
import { OAuthError, UnauthorizedError } from '@modelcontextprotocol/client';
import type {
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import type { Browser } from './browser.js';

/** The redirect URI. No server listens there, since the browser stops before it. */
const REDIRECT_URL = 'http://localhost/callback';

/** A step of the login, as it happened. Scopes are space-separated, as on the wire. */
export type OAuthEvent =
  | { readonly kind: 'registered'; readonly issuer: string }
  /** The browser was sent to the authorization server, asking for these scopes. */
  | { readonly kind: 'authorize'; readonly scope: string }
  /** An access token with these scopes was saved; `refreshed` if no browser was needed. */
  | { readonly kind: 'token'; readonly scope: string; readonly refreshed: boolean }
  /** The authorization server said no: `error` is its code, as `access_denied`. */
  | { readonly kind: 'refused'; readonly error: string; readonly scope: string };

export interface OAuthProviderOptions {
  readonly browser: Browser;
  /** Told each step, never a token or a code. */
  readonly onEvent?: (event: OAuthEvent) => void;
}

/** What {@link withAuthorization} needs of a transport. */
export type AuthorizingTransport = Pick<StreamableHTTPClientTransport, 'finishAuth'>;

export interface OAuthProvider extends OAuthClientProvider {
  /**
   * Trades what the browser brought back for a token. Returns false if the browser was not sent
   * anywhere since the last time.
   *
   * @throws {@link AuthorizationRefusedError} when it brought back an error.
   */
  finish(transport: AuthorizingTransport): Promise<boolean>;
}

/** The authorization server refused a login or a step-up. */
export class AuthorizationRefusedError extends Error {
  override readonly name = 'AuthorizationRefusedError';
  /** The OAuth error code, as `access_denied` (RFC 6749 s4.1.2.1). */
  readonly error: string;
  /** The scopes that were asked for. */
  readonly scope: string;

  constructor(error: string, scope: string, cause: Error) {
    super(`The authorization server refused "${scope}": ${error} (${cause.message})`, { cause });
    this.error = error;
    this.scope = scope;
  }
}

/** Makes a provider for one MCP server and one user, which keeps everything in memory. */
export function createOAuthProvider(options: OAuthProviderOptions): OAuthProvider {
  const { browser, onEvent = () => undefined } = options;
  let client: StoredOAuthClientInformation | undefined;
  let tokens: StoredOAuthTokens | undefined;
  let discovery: OAuthDiscoveryState | undefined;
  let verifier = '';
  let requestedScope = '';
  let callback: URLSearchParams | undefined;
  let redeeming = false;

  async function finish(transport: AuthorizingTransport): Promise<boolean> {
    const params = callback;
    if (params === undefined) return false;
    callback = undefined;
    redeeming = true;
    try {
      // The whole callback, not the code alone: the client checks `iss` (RFC 9207 s2.4) before it
      // believes either a code or an error.
      await transport.finishAuth(params);
      return true;
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      onEvent({ kind: 'refused', error: error.code, scope: requestedScope });
      throw new AuthorizationRefusedError(error.code, requestedScope, error);
    } finally {
      redeeming = false;
    }
  }

  return {
    redirectUrl: REDIRECT_URL,
    clientMetadata: {
      client_name: 'Notes demo client',
      redirect_uris: [REDIRECT_URL],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    state: () => randomUUID(),
    clientInformation: () => client,
    saveClientInformation(information, context) {
      client = information;
      onEvent({ kind: 'registered', issuer: context?.issuer ?? '' });
    },
    tokens: () => tokens,
    saveTokens(saved) {
      tokens = saved;
      onEvent({ kind: 'token', scope: saved.scope ?? '', refreshed: !redeeming });
    },
    async redirectToAuthorization(url) {
      requestedScope = url.searchParams.get('scope') ?? '';
      onEvent({ kind: 'authorize', scope: requestedScope });
      const { searchParams } = await browser.authorize(url);
      // The client leaves this check to its host (RFC 6749 s10.12).
      if (searchParams.get('state') !== url.searchParams.get('state')) {
        throw new Error('The authorization response belongs to another request');
      }
      callback = searchParams;
    },
    saveCodeVerifier(saved) {
      verifier = saved;
    },
    codeVerifier: () => verifier,
    discoveryState: () => discovery,
    saveDiscoveryState(saved) {
      discovery = saved;
    },
    invalidateCredentials(scope) {
      if (scope === 'all' || scope === 'client') client = undefined;
      if (scope === 'all' || scope === 'tokens') tokens = undefined;
      if (scope === 'all' || scope === 'discovery') discovery = undefined;
    },
    finish,
  };
}

/**
 * Runs an operation of the client; if it ended in a redirect to the authorization server (a 401
 * without a usable token, or a step-up on a 403), finishes the login and runs it once more.
 *
 * A refused call is retried on its own transport, which remembers the scopes to ask for. A refused
 * `connect` closes its transport, so that operation makes a new one each time it runs.
 *
 * After a refusal (`access_denied`) the token at hand goes on working, but the transport keeps
 * adding the refused scope to each later step-up: connect anew before asking for another one.
 *
 * @param transport - tells the transport that the operation used last
 * @throws {@link AuthorizationRefusedError} when the authorization server said no
 */
export async function withAuthorization<T>(
  provider: OAuthProvider,
  transport: () => AuthorizingTransport,
  operation: () => Promise<T>,
): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    if (!(await provider.finish(transport()))) throw error;
    return operation();
  }
}

/** An access token with its scopes. Nothing of it but `scope` may be printed. */
export interface Credentials {
  readonly accessToken: string;
  readonly scope: string;
  /** Everything that is a secret: access and refresh token. */
  readonly secrets: readonly string[];
}

/** @throws before the first login */
export async function credentialsOf(provider: OAuthClientProvider): Promise<Credentials> {
  const tokens = await provider.tokens();
  if (tokens === undefined) throw new Error('The client has no token');
  const { access_token: accessToken, refresh_token: refreshToken, scope = '' } = tokens;
  const secrets = refreshToken === undefined ? [accessToken] : [accessToken, refreshToken];
  return { accessToken, scope, secrets };
}
