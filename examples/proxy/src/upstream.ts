/**
 * The server behind the gate: MCP over plain `node:http`, as one would write it in any language, on
 * both wires. No OAuth, no SDK. It believes what two headers say of the caller, since only the proxy knows its password.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

interface Message {
  readonly id?: string | number;
  readonly method: string;
  readonly params?: { readonly name?: string };
}

/** The secret of proxy and server. In production it comes from the environment. */
export const CREDENTIAL = 'Bearer known-to-proxy-and-upstream-only';

/** Told each tool that runs, and for whom. */
export type OnRun = (tool: string, user: string) => void;

export function createUpstream(onRun: OnRun): Server {
  return createServer((req, res) => {
    if (req.headers.authorization !== CREDENTIAL) return void res.writeHead(401).end();
    if (req.method !== 'POST') return void res.writeHead(405, { allow: 'POST' }).end();
    let body = '';
    req.setEncoding('utf8').on('data', (part: string) => (body += part));
    req.on('end', () => {
      const message = JSON.parse(body) as Message;
      // A notification is not answered.
      if (message.id === undefined) res.writeHead(202).end();
      else if (message.method === 'tools/call') runTool(message, req, res, onRun);
      else answer(res, message, handshake(message.method));
    });
  });
}

function handshake(method: string): object | undefined {
  const capabilities = { tools: {} };
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: '2025-11-25',
        capabilities,
        serverInfo: { name: 'upstream', version: '1' },
      };
    case 'server/discover':
      return { supportedVersions: ['2026-07-28'], capabilities };
    case 'tools/list':
      return { tools: TOOLS.map((name) => ({ name, inputSchema: { type: 'object' } })) };
    default:
      return undefined;
  }
}

const TOOLS = ['read_notes', 'add_note', 'purge', 'count'];

function runTool(message: Message, req: IncomingMessage, res: ServerResponse, onRun: OnRun): void {
  const tool = message.params?.name ?? '';
  // What it checks by itself, it says as mcp-proxy does for an `InsufficientScopeError` of FastMCP.
  if (tool === 'purge' && !String(req.headers['x-scopes']).includes('notes:purge')) {
    const data = { error: 'insufficient_scope', required_scopes: ['notes:purge'] };
    const error = { code: -32001, message: 'Insufficient scope', data };
    return send(res, 403, { jsonrpc: '2.0', id: message.id, error });
  }
  onRun(tool, String(req.headers['x-user']));
  const result = { content: [{ type: 'text', text: `${tool}: done` }] };
  if (tool !== 'count') return answer(res, message, result);
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  const params = { progressToken: 'count', progress: 1 };
  res.write(event({ jsonrpc: '2.0', method: 'notifications/progress', params }));
  res.end(event(success(message, result)));
}

function answer(res: ServerResponse, message: Message, result: object | undefined): void {
  if (result !== undefined) return send(res, 200, success(message, result));
  const error = { code: -32601, message: 'Method not found' };
  send(res, 404, { jsonrpc: '2.0', id: message.id, error });
}

/** From 2026-07-28 on a result names its kind and its cache lifetime; older clients ignore both. */
function success({ id }: Message, result: object): object {
  const kind = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' };
  return { jsonrpc: '2.0', id, result: { ...kind, ...result } };
}

function event(message: object): string {
  return `event: message\ndata: ${JSON.stringify(message)}\n\n`;
}

function send(res: ServerResponse, status: number, value: object): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
