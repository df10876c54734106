/**
 * An MCP server without a framework, in the two shapes that frameworks call.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AuthInfo } from '@modelcontextprotocol/server';
import { createEventStore } from './event-store.js';
import type { EventStore } from './event-store.js';

/** The `auth` and the body of the gate, if there is one. */
export interface Evaluated {
  readonly authInfo?: AuthInfo;
  readonly parsedBody?: unknown;
}

/** What frameworks on Node pass to an endpoint. */
export type NodeRequest = IncomingMessage & { method: string; url: string; auth?: AuthInfo };

export interface McpEndpoint {
  /** `req.auth` is what the gate left there; `body` is what a parser or the gate read. */
  node(req: NodeRequest, res: ServerResponse, body: unknown): Promise<void>;
  fetch(request: Request, evaluated: Evaluated): Promise<Response>;
  /** Ends the sessions, and with them what still waits for a client. */
  close(): Promise<void>;
}

/** How an endpoint binds what a caller begins to that caller. */
export interface Binding {
  mintId(auth: AuthInfo): string;
  bindStore<Message>(auth: AuthInfo, store: EventStore<Message>): Partial<EventStore<Message>>;
}

/** The options of a transport about its session. */
export interface SessionHooks {
  /** A store of its own for the events of the session. */
  readonly createStore: <Message>() => EventStore<Message>;
  readonly sessionIdGenerator: () => string;
  readonly onsessioninitialized: (id: string) => void;
  readonly onsessionclosed: (id: string) => void;
}

/**
 * The transports of open sessions (MCP 2025-11-25, "Session Management"). A request without a session
 * gets a new transport: that opens a session for `initialize`, and refuses everything else itself.
 */
export class Sessions<T extends { close(): Promise<void> }> {
  readonly #open: (hooks: SessionHooks) => Promise<T>;
  readonly #binding: Binding | undefined;
  readonly #transports = new Map<string, T>();

  constructor(open: (hooks: SessionHooks) => Promise<T>, binding?: Binding) {
    this.#open = open;
    this.#binding = binding;
  }

  /** `undefined`: there is no such session, or no longer. */
  async find(id: string | null | undefined, auth: AuthInfo | undefined): Promise<T | undefined> {
    if (id !== null && id !== undefined) return this.#transports.get(id);
    const bound = auth && this.#binding && { auth, binding: this.#binding };
    const transport: T = await this.#open({
      sessionIdGenerator: () => bound?.binding.mintId(bound.auth) ?? randomUUID(),
      createStore: <Message>() => {
        const store = createEventStore<Message>();
        return bound === undefined
          ? store
          : ({ ...store, ...bound.binding.bindStore(bound.auth, store) } as EventStore<Message>);
      },
      onsessioninitialized: (opened) => void this.#transports.set(opened, transport),
      onsessionclosed: (closed) => void this.#transports.delete(closed),
    });
    return transport;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#transports.values()].map((transport) => transport.close()));
  }
}

const NOT_FOUND = JSON.stringify({
  jsonrpc: '2.0',
  error: { code: -32001, message: 'Session not found' },
  id: null,
});

/** Answers a request whose session is gone: the client starts a new one. */
export function writeSessionNotFound(res: ServerResponse): void {
  res.writeHead(404, { 'Content-Type': 'application/json' }).end(NOT_FOUND);
}

export function sessionNotFound(): Response {
  return new Response(NOT_FOUND, {
    status: 404,
    headers: { 'Content-Type': 'application/json' },
  });
}
