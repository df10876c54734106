/**
 * Servers on free ports of `localhost`.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { Server } from 'node:http';

export interface LocalServer {
  readonly server: Server;
  readonly origin: string;
  close(): Promise<void>;
}

/** Listens before the request handler is set, because the handler needs to know the port. */
export async function listenLocally(): Promise<LocalServer> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, 'localhost', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port to listen on');
  return {
    server,
    origin: `http://localhost:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
