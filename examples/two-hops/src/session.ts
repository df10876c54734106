/**
 * Ray at the official MCP client, with his browser.
 *
 * @module
 */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createBrowser } from '@scopegate/example-notes-mcp/browser';
import {
  createOAuthProvider,
  credentialsOf,
  withAuthorization,
} from '@scopegate/example-notes-mcp/oauth-client';
import type { Credentials, OAuthEvent } from '@scopegate/example-notes-mcp/oauth-client';
import { createRecorder } from '@scopegate/example-notes-mcp/recorder';
import type { Exchange } from '@scopegate/example-notes-mcp/recorder';

export interface SessionOptions {
  readonly account: string;
  readonly onExchange?: (exchange: Exchange) => void;
  readonly onEvent?: (event: OAuthEvent) => void;
}

export interface Session {
  /** The scopes with which the browser was sent to log in, in their order. */
  readonly authorizations: readonly string[];
  /** The status and challenge of each answer of the MCP endpoint. */
  readonly answers: readonly Pick<Exchange, 'about' | 'status' | 'challenge'>[];
  connect(): Promise<void>;
  /** Calls a tool, stepping up if need be, and returns its text. */
  call(name: string, args?: Readonly<Record<string, unknown>>): Promise<string>;
  credentials(): Promise<Credentials>;
  close(): Promise<void>;
}

export function createSession(resource: string, options: SessionOptions): Session {
  const { account, onExchange, onEvent } = options;
  const authorizations: string[] = [];
  const answers: Exchange[] = [];
  const recorder = createRecorder((exchange) => {
    if (exchange.path === new URL(resource).pathname && exchange.method === 'POST') {
      answers.push(exchange);
    }
    onExchange?.(exchange);
  });
  const provider = createOAuthProvider({
    browser: createBrowser({ account, fetch: recorder.fetchAs('browser') }),
    onEvent(event) {
      if (event.kind === 'authorize') authorizations.push(event.scope);
      onEvent?.(event);
    },
  });
  let client: Client;
  let transport: StreamableHTTPClientTransport;
  const authorized = <T>(operation: () => Promise<T>): Promise<T> =>
    withAuthorization(provider, () => transport, operation);
  return {
    authorizations,
    answers,
    connect: () =>
      authorized(async () => {
        client = new Client({ name: 'two-hops', version: '1.0.0' });
        transport = new StreamableHTTPClientTransport(new URL(resource), {
          authProvider: provider,
          fetch: recorder.fetchAs('client'),
        });
        await client.connect(transport);
      }),
    async call(name, args = {}) {
      const { content, isError } = await authorized(() =>
        client.callTool({ name, arguments: args }),
      );
      const text = content.map((part) => (part.type === 'text' ? part.text : part.type)).join('\n');
      if (isError === true) throw new Error(`The tool ${name} failed: ${text}`);
      return text;
    },
    credentials: () => credentialsOf(provider),
    close: () => client.close(),
  };
}
