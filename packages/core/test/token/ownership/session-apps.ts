/**
 * MCP servers with sessions on both SDKs, as their users write them: a map of transports by session id, and
 * ids that belong to the caller. The tool `admin_purge` asks its user first.
 *
 * @module
 */
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { WebStandardStreamableHTTPServerTransport as WebV1 } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import {
  McpServer,
  WebStandardStreamableHTTPServerTransport as WebV2,
} from '@modelcontextprotocol/server';
import type { Auth, Gate } from '../../../src/index.js';
import { ownedId } from '../../../src/token/ownership/index.js';
import type { McpApp } from '../../mcp/support/host.js';
import type { NotesScope } from '../../support/mcp.js';

export interface SessionApp extends Pick<McpApp, 'name' | 'node' | 'fetch'> {
  /** Tools that ran. */
  readonly runs: string[];
  /** Requests that reached the server. */
  readonly reached: () => number;
}

interface Transport {
  handleRequest(...args: never[]): Promise<unknown>;
  sessionId?: string | undefined;
  onclose?: (() => void) | undefined;
}

type Connect = (server: AnyServer) => void;

interface Sdk<T extends Transport> {
  readonly create: (options: {
    sessionIdGenerator: () => string;
    onsessioninitialized: (id: string) => void;
  }) => T;
  readonly connect: (transport: T, register: Connect) => Promise<void>;
}

const ASKED = { type: 'object' as const, properties: { sure: { type: 'boolean' as const } } };
const ELICITATION = { message: 'Purge all notes?', requestedSchema: ASKED };

async function connectV1(transport: unknown, register: Connect): Promise<void> {
  const server = new McpServerV1({ name: 'notes', version: '1.0.0' });
  register(server as never);
  await server.connect(transport as never);
}

async function connectV2(transport: unknown, register: Connect): Promise<void> {
  const server = new McpServer({ name: 'notes', version: '1.0.0' });
  register(server as never);
  await server.connect(transport as never);
}

/** The part of both SDKs' `McpServer` that the tools use. */
export interface AnyServer {
  readonly server: {
    elicitInput(asked: object, options?: object): Promise<{ action: string }>;
  };
  registerTool(name: string, config: object, run: (context: never) => Promise<object>): void;
}

/** Adds the tools to a server. */
export type Register = (server: AnyServer, runs: string[]) => void;

const registerNotes: Register = (server, runs) => {
  const text = (said: string): object => ({ content: [{ type: 'text', text: said }] });
  server.registerTool('read_notes', {}, async () => {
    runs.push('read_notes');
    return text('notes');
  });
  server.registerTool('admin_purge', {}, async () => {
    const { action } = await server.server.elicitInput(ELICITATION);
    if (action === 'accept') runs.push('admin_purge');
    return text(action);
  });
};

const NODE_V1: Sdk<StreamableHTTPServerTransport> = {
  create: (options) => new StreamableHTTPServerTransport(options),
  connect: connectV1,
};
const FETCH_V1: Sdk<WebV1> = { create: (options) => new WebV1(options), connect: connectV1 };
const NODE_V2: Sdk<NodeStreamableHTTPServerTransport> = {
  create: (options) => new NodeStreamableHTTPServerTransport(options),
  connect: connectV2,
};
const FETCH_V2: Sdk<WebV2> = { create: (options) => new WebV2(options), connect: connectV2 };

/** How sessions get their ids. */
export type IdFor = (auth: Auth) => string;

export function sessionApps(
  gate: Gate<NotesScope>,
  idFor?: IdFor,
  register: Register = registerNotes,
): readonly SessionApp[] {
  const own: IdFor = idFor ?? ((auth) => ownedId(gate, auth, { kind: 'session' }));
  return [
    sessionApp('SDK v1', NODE_V1, FETCH_V1, own, register),
    sessionApp('SDK v2', NODE_V2, FETCH_V2, own, register),
  ];
}

function sessionApp<N extends Transport, F extends Transport>(
  name: string,
  onNode: Sdk<N>,
  onFetch: Sdk<F>,
  idFor: IdFor,
  register: Register,
): SessionApp {
  const runs: string[] = [];
  let reached = 0;
  const opener = <T extends Transport>({ create, connect }: Sdk<T>) => {
    const sessions = new Map<string, T>();
    return async (id: unknown, auth: Auth): Promise<T> => {
      reached += 1;
      const known = sessions.get(String(id));
      if (known !== undefined) return known;
      const transport = create({
        sessionIdGenerator: () => idFor(auth),
        onsessioninitialized: (session) => void sessions.set(session, transport),
      });
      await connect(transport, (server) => register(server, runs));
      return transport;
    };
  };
  const node = opener(onNode);
  const fetch = opener(onFetch);
  return {
    name,
    runs,
    reached: () => reached,
    async node(req, res, body) {
      const { auth } = req as { auth?: Auth };
      const transport = await node(req.headers['mcp-session-id'], auth as Auth);
      await transport.handleRequest(...([req, res, body] as never[]));
    },
    async fetch(request, options) {
      const transport = await fetch(
        request.headers.get('mcp-session-id'),
        options.authInfo as Auth,
      );
      return (await transport.handleRequest(...([request, options] as never[]))) as Response;
    },
  };
}
