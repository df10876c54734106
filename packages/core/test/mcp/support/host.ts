/**
 * What a framework must do for the exits' tests.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Auth, Gate, Rule } from '../../../src/index.js';
import type { NotesScope } from '../../support/mcp.js';

/** An MCP server in the two forms that frameworks take. */
export interface McpApp {
  readonly name: string;
  readonly wires: readonly Wire[];
  readonly node: (req: IncomingMessage, res: ServerResponse, body?: unknown) => Promise<void>;
  readonly fetch: (
    request: Request,
    options: { authInfo?: Auth; parsedBody?: unknown },
  ) => Promise<Response>;
}

export type Wire = '2025-11-25' | '2026-07-28';

export interface McpHost {
  readonly name: string;
  /** Serves the app at `/mcp`, evaluated by the gate's policy or by a rule of the route. */
  readonly start: (
    gate: Gate<NotesScope>,
    app: Pick<McpApp, 'node' | 'fetch'>,
    rule?: Rule<NotesScope>,
  ) => Promise<{ readonly origin: string; readonly close: () => Promise<void> }>;
}
