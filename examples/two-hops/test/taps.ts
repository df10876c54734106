/**
 * A tap in front of every server: a port of its own that passes all bytes on, and keeps them.
 *
 * @module
 */
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { listenLocally } from '@scopegate/example-notes-mcp/listen';
import type { Listen } from '../src/environment.js';

export interface Tapped {
  /** All bytes that a server got and sent, as text. */
  readonly received: string[];
  readonly sent: string[];
}

export type Taps = Readonly<Record<Parameters<Listen>[0], Tapped>>;

export function createTaps(): { readonly taps: Taps; readonly listen: Listen } {
  const make = (): Tapped => ({ received: [], sent: [] });
  const taps: Taps = { login: make(), orders: make(), shop: make() };
  const listen: Listen = async (name) => {
    const inner = await listenLocally();
    const { port } = new URL(inner.origin);
    const { received, sent } = taps[name];
    const tap = createServer((socket) => {
      const server = connect(Number(port), 'localhost');
      socket.on('data', (bytes) => received.push(bytes.toString('latin1')));
      server.on('data', (bytes) => sent.push(bytes.toString('latin1')));
      socket.pipe(server).pipe(socket);
      for (const end of [socket, server]) {
        end.on('error', () => undefined);
        end.on('close', () => [socket, server].forEach((one) => one.destroy()));
      }
    });
    await new Promise<void>((resolve) => tap.listen(0, 'localhost', resolve));
    return {
      server: inner.server,
      origin: `http://localhost:${(tap.address() as AddressInfo).port}`,
      async close() {
        tap.close();
        await inner.close();
      },
    };
  };
  return { taps, listen };
}
