/**
 * A server under attack: a binding, with a parser where the framework has one.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export type ParserPlace = 'before' | 'behind' | 'absent';

export interface Started {
  readonly origin: string;
  readonly close: () => Promise<void>;
}

export interface Shape {
  readonly name: string;
  /** What `--only` selects by. */
  readonly group: string;
  /** What is mounted there: MCP servers, or the routes of an HTTP service. */
  readonly kind: 'mcp' | 'routes';
  /** Which servers a request may ask for; all but those of `/inner` if absent. */
  readonly servers?: readonly string[];
  readonly start: () => Promise<Started>;
}

/** A plain Node server on a free port. */
export async function startNode(listener: RequestListener): Promise<Started> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: originOf(server), close: () => stop(server) };
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** The status of an error that a framework's parser or router threw; the client's fault, mostly. */
export function statusOf(error: unknown): number {
  const { status, statusCode } = Object(error) as { status?: unknown; statusCode?: unknown };
  const found = status ?? statusCode;
  return typeof found === 'number' && found >= 400 && found < 600 ? found : 500;
}
