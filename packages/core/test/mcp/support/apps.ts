/**
 * The same tools on both generations of the MCP SDK, with and without sessions.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import {
  McpServer as McpServerV1,
  ResourceTemplate as ResourceTemplateV1,
} from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { WebStandardStreamableHTTPServerTransport as WebTransportV1 } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import {
  McpServer,
  ResourceTemplate,
  WebStandardStreamableHTTPServerTransport as WebTransportV2,
  createMcpHandler,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { McpApp } from './host.js';

type Handler<T> = (...args: never[]) => Promise<T>;

type Result = { content: { type: 'text'; text: string }[]; isError?: boolean };

/** Tools by name; each takes `{ text }` and what its SDK calls the context. */
export type Tools = Readonly<Record<string, Handler<Result>>>;

/** What a server has besides: prompts take `{ text }`, resources by URI or by a template. */
export interface More {
  readonly prompts?: Readonly<Record<string, Handler<object>>>;
  readonly resources?: Readonly<Record<string, Handler<object>>>;
}

const INFO = { name: 'notes', version: '1.0.0' };

function serverV1(tools: Tools, { prompts = {}, resources = {} }: More): McpServerV1 {
  const server = new McpServerV1(INFO, { capabilities: { logging: {} } });
  for (const [name, handler] of Object.entries(tools)) {
    server.registerTool(name, { inputSchema: { text: z.string() } }, handler as never);
  }
  for (const [name, handler] of Object.entries(prompts)) {
    server.registerPrompt(name, { argsSchema: { text: z.string() } }, handler as never);
  }
  for (const [uri, handler] of Object.entries(resources)) {
    const at = uri.includes('{') ? new ResourceTemplateV1(uri, { list: undefined }) : uri;
    server.registerResource(uri, at as string, {}, handler as never);
  }
  return server;
}

function serverV2(tools: Tools, { prompts = {}, resources = {} }: More): McpServer {
  const server = new McpServer(INFO, { capabilities: { logging: {} } });
  for (const [name, handler] of Object.entries(tools)) {
    const inputSchema = z.object({ text: z.string() });
    server.registerTool(name, { inputSchema }, handler as never);
  }
  for (const [name, handler] of Object.entries(prompts)) {
    const argsSchema = z.object({ text: z.string() });
    server.registerPrompt(name, { argsSchema }, handler as never);
  }
  for (const [uri, handler] of Object.entries(resources)) {
    const at = uri.includes('{') ? new ResourceTemplate(uri, { list: undefined }) : uri;
    server.registerResource(uri, at as string, {}, handler as never);
  }
  return server;
}

/** A message as the client would see it in front of the answer. */
export async function sayFirst(context: unknown, text: string): Promise<void> {
  const message = { method: 'notifications/message', params: { level: 'info', data: text } };
  const { mcpReq, sendNotification } = context as {
    mcpReq?: { notify(message: object): Promise<void> };
    sendNotification?: (message: object) => Promise<void>;
  };
  await (mcpReq === undefined ? sendNotification?.(message) : mcpReq.notify(message));
}

const LEGACY = ['2025-11-25'] as const;
const BOTH = ['2025-11-25', '2026-07-28'] as const;

type Connectable = Parameters<McpServerV1['connect']>[0] & Parameters<McpServer['connect']>[0];

interface WebTransport {
  handleRequest(request: Request, options: object): Promise<Response>;
}
interface NodeTransport {
  handleRequest(req: IncomingMessage, res: ServerResponse, body?: unknown): Promise<void>;
}

/** Opens a transport per request, or per session. */
function transports<T>(
  sessions: boolean,
  open: (options: object) => T,
  connect: (transport: Connectable) => Promise<void>,
): (id: string | null | undefined) => Promise<T> {
  const known = new Map<string, T>();
  return async (id) => {
    const session = known.get(String(id));
    if (session !== undefined) return session;
    const transport: T = open({
      ...(sessions && {
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (made: string) => void known.set(made, transport),
      }),
    });
    await connect(transport as Connectable);
    return transport;
  };
}

interface Flavour {
  readonly name: string;
  readonly sessions?: boolean;
  readonly json?: boolean;
  readonly version: 1 | 2;
}

function withTransports({ name, version, sessions = false, json = false }: Flavour) {
  return (tools: Tools, others: More = {}): McpApp => {
    const options = (more: object): object => ({ ...more, enableJsonResponse: json });
    const connect = (transport: Connectable): Promise<void> =>
      (version === 1 ? serverV1(tools, others) : serverV2(tools, others)).connect(transport);
    const [Node, Web] =
      version === 1
        ? [StreamableHTTPServerTransport, WebTransportV1]
        : [NodeStreamableHTTPServerTransport, WebTransportV2];
    const forNode = transports(
      sessions,
      (more) => new Node(options(more)) as NodeTransport,
      connect,
    );
    const forWeb = transports(sessions, (more) => new Web(options(more)) as WebTransport, connect);
    return {
      name,
      wires: LEGACY,
      async node(req, res, body) {
        const transport = await forNode(req.headers['mcp-session-id'] as string | undefined);
        await transport.handleRequest(req, res, body);
      },
      async fetch(request, given) {
        const transport = await forWeb(request.headers.get('mcp-session-id'));
        return transport.handleRequest(request, given);
      },
    };
  };
}

/** Every way to serve tools with the SDKs. */
export const APPS: readonly ((tools: Tools, more?: More) => McpApp)[] = [
  (tools, more = {}) => {
    const handler = createMcpHandler(() => serverV2(tools, more));
    const node = toNodeHandler(handler);
    return { name: 'v2 createMcpHandler', wires: BOTH, node: node as never, fetch: handler.fetch };
  },
  withTransports({ name: 'v2 with sessions', version: 2, sessions: true }),
  withTransports({ name: 'v1 stateless', version: 1 }),
  withTransports({ name: 'v1 stateless, JSON', version: 1, json: true }),
  withTransports({ name: 'v1 with sessions', version: 1, sessions: true }),
];
