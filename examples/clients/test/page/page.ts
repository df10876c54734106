/**
 * A page without a server of its own: it calls the API of another origin, and is sent to the authorization
 * server when the API says that something is missing. It runs in a real browser, see `browser-page.test.ts`.
 *
 * @module
 */
import * as oauth from 'oauth4webapi';
import { StepUpError, stepUpFetch } from '@scopegate/client';
import type { AuthorizationRequest } from '@scopegate/client';
import { parseChallenges } from '@scopegate/core';

const http = { [oauth.allowInsecureRequests]: true };
const { api, clientId } = JSON.parse(document.body.dataset['settings'] ?? '') as {
  api: string;
  clientId: string;
};
const redirectUri = location.origin + location.pathname;
const client: oauth.Client = { client_id: clientId };

interface Flow {
  readonly issuer: string;
  readonly verifier: string;
  readonly state: string;
  readonly scope: string;
}

/** What the test calls. */
export interface Page {
  /** Resolves after what came with a redirect is handled: `undefined`, or the error of the server. */
  readonly ready: Promise<string | undefined>;
  /** Calls the API with what steps up; a text is the code of the error that ended it. */
  call(method: string): Promise<number | string>;
  /** Calls the API by `fetch` alone, and reads the challenge. */
  probe(method: string): Promise<{ status: number; challenge: Record<string, string> }>;
}

interface Token {
  readonly accessToken: string;
  readonly scope: string;
}

function stored(key: 'flow'): Flow | undefined;
function stored(key: 'token'): Token | undefined;
function stored(key: string): unknown {
  const value: unknown = JSON.parse(sessionStorage.getItem(key) ?? 'null');
  return value ?? undefined;
}

function store(key: string, value: unknown): void {
  sessionStorage.setItem(key, JSON.stringify(value));
}

async function serverOf(issuer: string): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer);
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, http));
}

async function redirectToSignIn({
  scope,
  resource,
  metadata,
}: AuthorizationRequest): Promise<void> {
  const issuer = metadata?.authorization_servers?.[0] ?? '';
  const server = await serverOf(issuer);
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  store('flow', { issuer, verifier, state, scope: scope ?? '' } satisfies Flow);
  const url = new URL(server.authorization_endpoint ?? '');
  url.search = String(
    new URLSearchParams({
      ...{ client_id: clientId, redirect_uri: redirectUri, response_type: 'code', state, resource },
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      ...{ code_challenge_method: 'S256', scope: scope ?? '' },
    }),
  );
  location.assign(url);
}

/** Handles what the authorization server sent with the redirect. */
async function finishSignIn(): Promise<string | undefined> {
  const flow = stored('flow');
  if (flow === undefined || location.search === '') return undefined;
  const here = new URL(location.href);
  sessionStorage.removeItem('flow');
  history.replaceState(null, '', redirectUri);
  const server = await serverOf(flow.issuer);
  try {
    const params = oauth.validateAuthResponse(server, client, here, flow.state);
    const response = await oauth.authorizationCodeGrantRequest(
      ...([server, client, oauth.None(), params, redirectUri, flow.verifier] as const),
      { ...http, additionalParameters: { resource: api } },
    );
    const granted = await oauth.processAuthorizationCodeResponse(server, client, response);
    // RFC 6749 s5.1: a response without `scope` grants what was asked for.
    store('token', { accessToken: granted.access_token, scope: granted.scope ?? flow.scope });
    return undefined;
  } catch (error) {
    return error instanceof oauth.AuthorizationResponseError ? error.error : String(error);
  }
}

const stepUp = stepUpFetch({
  resource: api,
  token: () => stored('token'),
  ledger: {
    get: (key) => sessionStorage.getItem(key),
    set: (key, value) => sessionStorage.setItem(key, value),
    delete: (key) => sessionStorage.removeItem(key),
  },
  async authorize(request) {
    await redirectToSignIn(request);
    return 'redirected';
  },
});

/** Headers that no list of a server can hold: those of tracing and of MCP's parameters. */
const HEADERS = {
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  'Mcp-Param-Region': 'eu',
};

const page: Page = {
  ready: finishSignIn(),
  async call(method) {
    try {
      return (await stepUp(`${api}/notes`, { method, headers: HEADERS })).status;
    } catch (error) {
      return error instanceof StepUpError ? error.code : String(error);
    }
  },
  async probe(method) {
    const token = stored('token');
    const authorization = token && { authorization: `Bearer ${token.accessToken}` };
    const response = await fetch(`${api}/notes`, {
      method,
      headers: { ...HEADERS, ...authorization },
    });
    const [challenge] = parseChallenges(response.headers.get('www-authenticate'));
    return { status: response.status, challenge: Object.fromEntries(challenge?.params ?? []) };
  },
};

Object.assign(window, { page });
