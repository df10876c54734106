/**
 * The notes server of `examples/notes-mcp` with its authorization server, and clients of every kind
 * that call its tools.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { createGate } from '@scopegate/core';
import type { Gate, GateOptions } from '@scopegate/core';
import { jwtVerifier } from '@scopegate/core/jwt';
import { onTestFinished } from 'vitest';
import { createBrowser } from '../../notes-mcp/src/browser.js';
import { MODERN } from '../../notes-mcp/src/wires.js';
import { startEnvironment } from '../../notes-mcp/src/environment.js';
import type { Environment, EnvironmentOptions } from '../../notes-mcp/src/environment.js';
import { policy, scopes as catalogue } from '../../notes-mcp/src/notes-server.js';
import type { NotesGateOptions } from '../../notes-mcp/src/notes-server.js';
import type { StepUpFetch } from '@scopegate/client';
import { CLIENT_METADATA, REDIRECT_URI } from '../src/browser.js';
import type { OpenBrowser } from '../src/browser.js';

/** The note that the server starts with. */
export const FIRST = 'Water the plants (mina)';

/** What the user was asked for, in order: the resource's scopes of each authorization request. */
export interface User {
  readonly asked: string[];
  readonly openBrowser: OpenBrowser;
}

/** The user `ray`, who does not consent to `admin:notes`. */
export function createUser(): User {
  const browser = createBrowser({ account: 'ray' });
  const asked: string[] = [];
  return {
    asked,
    openBrowser(url) {
      const scopes = (url.searchParams.get('scope') ?? '').split(' ');
      asked.push(scopes.filter((scope) => scope !== 'offline_access').join(' '));
      return browser.authorize(url);
    },
  };
}

export async function startNotes(options: EnvironmentOptions): Promise<Environment> {
  const environment = await startEnvironment(options);
  onTestFinished(() => environment.close());
  return environment;
}

type NotesScope = 'notes:read' | 'notes:write' | 'admin:notes';

/** Makes the gate of the notes server, with another policy or another choice of scopes. */
export const notesGate =
  (options: Partial<Pick<GateOptions<NotesScope>, 'policy' | 'challengeScopes'>>) =>
  ({ resource, issuer }: NotesGateOptions): Gate =>
    createGate({
      resource,
      authorizationServers: [issuer],
      verifier: jwtVerifier({ issuer, allowInsecureLoopback: true }),
      scopes: catalogue,
      initialScopes: ['notes:read'],
      policy,
      ...options,
    }) as unknown as Gate;

/** Tokens as they come, and how often one was refreshed. */
interface StoredTokens {
  readonly access_token: string;
  readonly token_type: string;
  readonly refresh_token?: string | undefined;
  readonly scope?: string | undefined;
}

/** An `OAuthClientProvider` of both versions, in memory. */
export function createProvider({ openBrowser }: User) {
  let client: { client_id: string } | undefined;
  let tokens: StoredTokens | undefined;
  let discovery: unknown;
  let verifier = '';
  let state = '';
  let answer: Promise<URL> | undefined;
  return {
    redirectUrl: REDIRECT_URI,
    clientMetadata: CLIENT_METADATA,
    state: () => (state = randomUUID()),
    clientInformation: () => client,
    saveClientInformation: (saved: { client_id: string }) => void (client = saved),
    tokens: () => tokens,
    saveTokens: (saved: StoredTokens) => void (tokens = saved),
    saveCodeVerifier: (saved: string) => void (verifier = saved),
    codeVerifier: () => verifier,
    discoveryState: () => discovery as undefined,
    saveDiscoveryState: (saved: unknown) => void (discovery = saved),
    redirectToAuthorization(url: URL) {
      answer = openBrowser(url);
    },
    /** The token stops working, as if it had run out. */
    expire() {
      if (tokens) tokens = { ...tokens, access_token: 'expired' };
    },
    callback: async (): Promise<URLSearchParams> => {
      const params = (await answer)?.searchParams ?? new URLSearchParams();
      if (params.get('state') !== state) throw new Error('An answer to another request');
      return params;
    },
  };
}

/** Calls a tool without an MCP client, and returns what it says. */
export async function callTool(
  fetch: StepUpFetch,
  resource: string,
  tool: string,
): Promise<string> {
  const { headers, body } = MODERN.request(tool, argumentsOf(tool));
  const response = await fetch(resource, { method: 'POST', headers, body });
  const text = await response.text();
  const json = /\{.*\}/s.exec(text)?.[0] ?? '{}';
  const { result } = JSON.parse(json) as { result?: { content?: { text?: string }[] } };
  return result?.content?.[0]?.text ?? `${response.status} ${text}`;
}

/** The text of a tool's result. */
export function textOf({ content }: { readonly [name: string]: unknown }): string {
  return (content as { text?: string }[])[0]?.text ?? '';
}

export function argumentsOf(tool: string): { text?: string } {
  return tool === 'add_note' ? { text: 'milk' } : {};
}
