/**
 * The operation with which a server is checked.
 *
 * @module
 */
import type { CheckResourceOptions } from '@scopegate/testing';
import { UsageError } from '../usage-error.js';

export interface OperationOptions {
  readonly as?: 'mcp' | 'http';
  readonly method?: string;
  readonly header?: readonly string[];
  readonly body?: string;
}

export type Operation = Pick<CheckResourceOptions, 'method' | 'headers' | 'body'>;

export interface ChosenOperation {
  readonly operation: Operation;
  /** What is sent and why, for the first line of the output. */
  readonly says: string;
  /** Whether a message of MCP is sent, so that an MCP server is expected. */
  readonly isMcp: boolean;
}

/** The list of tools: a call without effect that every MCP server with tools has. */
const TOOLS_LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
const MCP_HEADERS = { accept: 'application/json, text/event-stream' };

/**
 * Chooses what to send: `tools/list` for `--as mcp` or a path that contains `mcp`, else a GET. If `--method` or
 * `--body` is given, that request is sent, with the `Accept` of MCP clients where an MCP server is meant.
 */
export function chooseOperation(url: URL, options: OperationOptions): ChosenOperation {
  const headers = readHeaders(options.header ?? []);
  const { body } = options;
  const method = options.method?.toUpperCase();
  if (method !== undefined && !/^[A-Z-]+$/.test(method)) {
    throw new UsageError(`--method ${JSON.stringify(method)}: expected a method such as GET`);
  }
  if (body !== undefined && (method === 'GET' || method === 'HEAD')) {
    throw new UsageError(`--body: ${method} sends none; leave out --body or name another --method`);
  }
  const as = options.as ?? (/mcp/i.test(url.pathname) ? 'mcp' : 'http');
  const accepted = as === 'mcp' ? MCP_HEADERS : {};
  if (method !== undefined || body !== undefined) {
    const content =
      body !== undefined && isJson(body) ? { 'content-type': 'application/json' } : {};
    const operation = {
      ...(method && { method }),
      headers: { ...accepted, ...content, ...headers },
      ...(body !== undefined && { body }),
    };
    // Only what is posted is a message of MCP; GET and DELETE are for its streams and sessions.
    const isMcp = as === 'mcp' && body !== undefined && (method ?? 'POST') === 'POST';
    return { operation, says: `${method ?? 'POST'} ${url.pathname}`, isMcp };
  }
  const why = options.as === undefined ? ', as the path suggests' : '';
  if (as === 'http') {
    const other = options.as === undefined ? ' (--as mcp sends tools/list)' : '';
    return { operation: { headers }, says: `GET ${url.pathname}${other}`, isMcp: false };
  }
  return {
    operation: { headers: { ...accepted, ...headers }, body: TOOLS_LIST },
    says: `POST ${url.pathname} with tools/list${why}`,
    isMcp: true,
  };
}

function readHeaders(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const at = line.indexOf(':');
    const name = line.slice(0, at).trim();
    if (at < 1 || !/^[!#$%&'*+.^`|~\w-]+$/.test(name)) {
      throw new UsageError(`--header ${JSON.stringify(line)}: expected "Name: value"`);
    }
    if (name.toLowerCase() === 'authorization') {
      throw new UsageError('--header Authorization: give the token with --token');
    }
    headers[name.toLowerCase()] = line.slice(at + 1).trim();
  }
  return headers;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
