/**
 * The server's end of a connection, as Node's own diagnostics show it: harnesses give an address only.
 *
 * @module
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

export interface ServerSide {
  /** Resolves when the server knows that the connection is over. */
  readonly closed: Promise<void>;
  /** The number of listeners on the connection's socket. */
  listeners(): number;
}

const CHANNEL = 'http.server.request.start';

/** Waits for the next request at this origin, whose server runs in this process. Rejects after 4 seconds. */
export function arrival(origin: string): Promise<ServerSide> {
  const port = Number(new URL(origin).port);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      unsubscribe(CHANNEL, onStart);
      reject(new Error('no server of this process got the request'));
    }, 4000);
    const onStart = (message: unknown): void => {
      const { socket } = (message as { request: IncomingMessage }).request;
      if (socket.localPort !== port) return;
      clearTimeout(timer);
      unsubscribe(CHANNEL, onStart);
      resolve({
        closed: new Promise((done) => {
          socket.once('close', () => done());
        }),
        listeners: () =>
          socket.eventNames().reduce((sum, name) => sum + socket.listenerCount(name), 0),
      });
    };
    subscribe(CHANNEL, onStart);
  });
}
