/**
 * Ray at his MCP client: the official one, with his browser, shown on the screen and recorded.
 *
 * @module
 */

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Tool } from '@modelcontextprotocol/client';
import { createBrowser } from './browser.js';
import { createOAuthProvider, credentialsOf, withAuthorization } from './oauth-client.js';
import type { Credentials, OAuthEvent } from './oauth-client.js';
import { createRecorder, summaryOf } from './recorder.js';
import type { Exchange } from './recorder.js';
import type { Screen } from './screen.js';
import type { Wire } from './wires.js';
import type { Environment } from './environment.js';

/** What happened in a step. */
export interface Trace {
  /** `POST /mcp tools/call add_note 403` */
  readonly requests: readonly string[];
  /** Every `WWW-Authenticate` that came, in full. */
  readonly challenges: readonly string[];
  /** `authorize notes:read offline_access`; scopes in alphabetical order. */
  readonly events: readonly string[];
  /** How often the tools had run, at each refusal. */
  readonly runsAtRefusal: readonly Environment['notes']['runs'][];
}

export interface Session {
  /** The revision that client and server agreed on. */
  readonly revision: string | undefined;
  /** How often the browser was sent to the login server. */
  readonly authorizations: number;
  connect(): Promise<void>;
  listTools(): Promise<readonly Tool[]>;
  /** Calls a tool, stepping up if need be, and returns its text. */
  call(name: string, args?: Record<string, unknown>): Promise<string>;
  credentials(): Promise<Credentials>;
  /** What happened since the last time. */
  trace(): Trace;
  close(): Promise<void>;
}

/** Nothing is sent before {@link Session.connect}. */
export function createSession(wire: Wire, environment: Environment, screen: Screen): Session {
  const { notes, resource, issuer, gate } = environment;
  const metadataPath = new URL(gate.metadata.url).pathname;
  const events: OAuthEvent[] = [];
  const runsAtRefusal: Trace['runsAtRefusal'][number][] = [];
  let traced = 0;
  let authorizations = 0;

  const recorder = createRecorder((exchange) => {
    if (exchange.path === metadataPath) screen.action('follows resource_metadata');
    screen.exchange(exchange, exchange.origin === issuer ? 'login' : 'notes');
    if (exchange.challenge !== null) runsAtRefusal.push(notes.runs);
  });
  const provider = createOAuthProvider({
    browser: createBrowser({ account: 'ray', fetch: recorder.fetchAs('browser') }),
    onEvent(event) {
      events.push(event);
      if (event.kind === 'authorize') authorizations += 1;
      screen.action(describe(event));
    },
  });

  let client: Client;
  let transport: StreamableHTTPClientTransport;
  const authorized = <T>(operation: () => Promise<T>): Promise<T> =>
    withAuthorization(provider, () => transport, operation);

  return {
    get revision() {
      return client.getNegotiatedProtocolVersion();
    },
    get authorizations() {
      return authorizations;
    },
    async connect() {
      await authorized(() => {
        client = new Client({ name: 'notes-demo', version: '1.0.0' }, wire.clientOptions);
        transport = new StreamableHTTPClientTransport(new URL(resource), {
          authProvider: provider,
          fetch: recorder.fetchAs('client'),
        });
        return client.connect(transport);
      });
      // On this wire the client goes on with a GET of its own, and does not wait for it.
      if (wire.greeting === 'initialize') await recorder.find(isStreamRequest);
    },
    async listTools() {
      return (await client.listTools()).tools;
    },
    async call(name, args = {}) {
      const { content, isError } = await authorized(() =>
        client.callTool({ name, arguments: args }),
      );
      const text = content.map((part) => (part.type === 'text' ? part.text : part.type)).join('\n');
      if (isError === true) throw new Error(`The tool ${name} failed: ${text}`);
      return text;
    },
    credentials: () => credentialsOf(provider),
    trace() {
      const exchanges = recorder.exchanges.slice(traced);
      traced = recorder.exchanges.length;
      return {
        requests: exchanges.map(summaryOf),
        challenges: exchanges.flatMap(({ challenge }) => challenge ?? []),
        events: events.splice(0).map(summaryOfEvent),
        runsAtRefusal: runsAtRefusal.splice(0),
      };
    },
    close: () => client.close(),
  };
}

function isStreamRequest({ method, path }: Exchange): boolean {
  return method === 'GET' && path === '/mcp';
}

function describe(event: OAuthEvent): string {
  switch (event.kind) {
    case 'registered':
      return 'is registered as a client (RFC 7591)';
    case 'authorize':
      return `sends the browser to log in, asking for ${event.scope}`;
    case 'token':
      return `has a token with ${event.scope}`;
    case 'refused':
      return `is told ${event.error}, and gives up`;
  }
}

function summaryOfEvent(event: OAuthEvent): string {
  if (!('scope' in event)) return event.kind;
  return [event.kind, ...event.scope.split(' ').toSorted()].join(' ');
}
