/**
 * A proxy in front of a real server that answers one command by itself.
 *
 * @module
 */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface AnsweringProxy {
  readonly port: number;
  /** The number of commands that the proxy answered. */
  readonly answered: number;
  /** Answers the command with these bytes; `undefined` lets the server answer. */
  answerWith(bytes: string | undefined): void;
  close(): Promise<void>;
}

export async function startAnsweringProxy(port: number, command = 'SET'): Promise<AnsweringProxy> {
  const pattern = new RegExp(`\\$${command.length}\\r\\n${command}\\r\\n`, 'i');
  const sockets = new Set<Socket>();
  let answer: string | undefined;
  let answered = 0;
  const server = createServer((socket) => {
    const upstream = connect(port, '127.0.0.1');
    for (const one of [socket, upstream]) {
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        socket.destroy();
        upstream.destroy();
      });
    }
    socket.on('data', (data) => {
      if (answer === undefined || !pattern.test(data.toString())) {
        upstream.write(data);
        return;
      }
      answered += 1;
      socket.write(answer);
    });
    upstream.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get answered() {
      return answered;
    },
    answerWith(bytes) {
      answer = bytes;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
