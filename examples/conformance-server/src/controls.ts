/**
 * Broken gates, each with a scenario that must fail: they prove that the comparison can notice a fault.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';
import type { McpEndpoint, NodeRequest } from './endpoint.js';

export interface Control {
  readonly name: string;
  /** At 2025-11-25. */
  readonly scenario: string;
  /** What stands behind the gate, as a gate with the fault would reach it. */
  readonly spoil: (endpoint: McpEndpoint) => McpEndpoint;
}

export const CONTROLS: readonly Control[] = [
  {
    name: 'holds answers back until they are complete',
    scenario: 'tools-call-sampling',
    spoil: onNode((endpoint, req, res, body) => endpoint.node(req, holdBack(res), body)),
  },
  {
    name: 'loses Mcp-Session-Id of answers',
    scenario: 'server-sse-multiple-streams',
    spoil: onNode((endpoint, req, res, body) => {
      const writeHead = res.writeHead.bind(res);
      const lossy = (status: number, headers: Record<string, string>): ServerResponse => {
        Reflect.deleteProperty(headers, 'mcp-session-id');
        return writeHead(status, headers);
      };
      res.writeHead = lossy as typeof res.writeHead;
      return endpoint.node(req, res, body);
    }),
  },
  {
    name: 'loses Last-Event-ID of requests',
    scenario: 'server-sse-polling',
    spoil: onNode((endpoint, req, res, body) =>
      endpoint.node(withoutHeader(req, 'last-event-id'), res, body),
    ),
  },
  {
    name: 'loses the params of the body',
    scenario: 'tools-call-simple-text',
    spoil: onNode((endpoint, req, res, body) => {
      const { method } = (body ?? {}) as { method?: unknown };
      const lost = method === 'tools/call' ? { ...(body as object), params: {} } : body;
      return endpoint.node(req, res, lost);
    }),
  },
];

function onNode(
  node: (
    endpoint: McpEndpoint,
    req: NodeRequest,
    res: ServerResponse,
    body: unknown,
  ) => Promise<void>,
): Control['spoil'] {
  return (endpoint) => ({
    ...endpoint,
    node: (req, res, body) => node(endpoint, req, res, body),
  });
}

function holdBack(res: ServerResponse): ServerResponse {
  const chunks: Uint8Array[] = [];
  const hold = (chunk: unknown): void => {
    if (typeof chunk === 'string') chunks.push(Buffer.from(chunk));
    if (chunk instanceof Uint8Array) chunks.push(chunk);
  };
  const end = res.end.bind(res);
  res.write = (chunk: unknown) => {
    hold(chunk);
    return true;
  };
  res.end = (chunk?: unknown) => {
    hold(chunk);
    return end(Buffer.concat(chunks));
  };
  return res;
}

function withoutHeader(req: NodeRequest, name: string): NodeRequest {
  Reflect.deleteProperty(req.headers, name);
  const at = req.rawHeaders.findIndex(
    (raw, index) => index % 2 === 0 && raw.toLowerCase() === name,
  );
  if (at !== -1) req.rawHeaders.splice(at, 2);
  return req;
}
