/**
 * Clients of a session on both SDKs: the owner's, whose user answers elicitations, and those of attackers.
 *
 * @module
 */
import {
  Client as ClientV2,
  StreamableHTTPClientTransport as HttpV2,
} from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';

export type Answer = () => Promise<'accept' | 'decline'>;

export interface ClientSettings {
  readonly origin: string;
  readonly token: string;
  /** What the user answers; without it, the user declines. */
  readonly answer?: Answer;
  /** A session to go on with; without it, the client begins one. */
  readonly session?: string;
}

export interface SessionClient {
  readonly session: string;
  /** The token of the next requests. */
  token: string;
  /** Every exchange, such as `POST 200`. */
  readonly exchanges: readonly string[];
  /** Calls a tool, and returns its text. */
  call(name: string): Promise<string>;
  /** Sends the DELETE of the session. */
  end(): Promise<void>;
  /** Closes the connections, and leaves the session. */
  close(): Promise<void>;
}

export interface ClientKind {
  readonly client: string;
  readonly connect: (settings: ClientSettings) => Promise<SessionClient>;
}

/** What both SDKs' transports and clients have in common. */
interface Transport {
  readonly sessionId?: string | undefined;
  terminateSession(): Promise<void>;
}
interface Client {
  connect(transport: never): Promise<void>;
  callTool(call: { name: string }): Promise<unknown>;
  close(): Promise<void>;
}
interface TransportOptions {
  readonly fetch: typeof fetch;
  readonly sessionId?: string;
  readonly protocolVersion?: string;
}
interface Sdk {
  readonly open: (url: URL, options: TransportOptions) => Transport;
  readonly create: (elicit: () => Promise<Elicited>) => Client;
}
type Elicited = { action: 'decline' } | { action: 'accept'; content: { sure: boolean } };

const INFO = { name: 'client', version: '1' };
const CAPABILITIES = { capabilities: { elicitation: {} } };

const V1: Sdk = {
  open: (url, options) => new HttpV1(url, options),
  create(elicit) {
    const client = new ClientV1(INFO, CAPABILITIES);
    client.setRequestHandler(ElicitRequestSchema, elicit);
    return client as Client;
  },
};

function clientV2(versionNegotiation?: { mode: 'auto' }): Sdk {
  return {
    open: (url, options) => new HttpV2(url, options),
    create(elicit) {
      const settings = { ...CAPABILITIES, ...(versionNegotiation && { versionNegotiation }) };
      const client = new ClientV2(INFO, settings);
      client.setRequestHandler('elicitation/create', elicit);
      return client as Client;
    },
  };
}

/** The one that negotiates asks for 2026-07-28 first, and then begins a session. */
export const CLIENTS: readonly ClientKind[] = [
  { client: 'client v1', connect: connecting(V1) },
  { client: 'client v2', connect: connecting(clientV2()) },
  { client: 'client v2 that negotiates', connect: connecting(clientV2({ mode: 'auto' })) },
];

function connecting({ open, create }: Sdk): ClientKind['connect'] {
  return async ({ origin, token, answer = async () => 'decline', session }) => {
    const exchanges: string[] = [];
    const current = { token };
    const transport = open(new URL(`${origin}/mcp`), {
      fetch: async (url, init) => {
        const headers = new Headers(init?.headers);
        headers.set('authorization', `Bearer ${current.token}`);
        const response = await fetch(url, { ...init, headers });
        exchanges.push(`${init?.method ?? 'GET'} ${response.status}`);
        return response;
      },
      ...(session !== undefined && { sessionId: session, protocolVersion: '2025-11-25' }),
    });
    const client = create(async () => {
      const action = await answer();
      return action === 'accept' ? { action, content: { sure: true } } : { action };
    });
    await client.connect(transport as never);
    const begun = transport.sessionId as string;
    return {
      session: begun,
      exchanges,
      get token() {
        return current.token;
      },
      set token(next) {
        current.token = next;
      },
      async call(name) {
        const { content } = (await client.callTool({ name })) as { content: { text: string }[] };
        return content.map(({ text }) => text).join('\n');
      },
      end: () => transport.terminateSession(),
      close: () => client.close(),
    };
  };
}
