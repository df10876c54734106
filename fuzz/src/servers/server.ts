/**
 * An MCP server behind a gate, in the two forms that frameworks take.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Auth } from '../scopegate.js';

export interface FetchOptions {
  readonly authInfo?: Auth;
  readonly parsedBody?: unknown;
}

export interface McpServerUnderTest {
  readonly node: (req: IncomingMessage, res: ServerResponse, body?: unknown) => Promise<void>;
  readonly fetch: (request: Request, options: FetchOptions) => Promise<Response>;
}
