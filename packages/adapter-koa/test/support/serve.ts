/**
 * Starts apps on real sockets, and stops them after each test.
 *
 * @module
 */
import type { Server } from 'node:http';
import type Koa from 'koa';
import { afterEach } from 'vitest';
import { close, listen } from '../../../core/test/support/issuer.js';
import { exchange } from '../../../adapter-testkit/src/wire/raw-http.js';
import type { Received, WireRequest } from '../../../adapter-testkit/src/wire/raw-http.js';
import { toServer } from './harness.js';
import type { FRAMEWORKS } from './harness.js';

export type Framework = (typeof FRAMEWORKS)[number][1];
export type Send = (request: WireRequest) => Promise<Received>;

export interface Served {
  readonly origin: string;
  readonly send: Send;
  /** What reached the application as an error. */
  readonly errors: unknown[];
}

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map(close));
});

export async function serve(Framework: Framework, mount: (app: Koa) => void): Promise<Served> {
  const app = new Framework();
  const errors: unknown[] = [];
  app.on('error', (error) => errors.push(error));
  mount(app);
  const server = toServer(app);
  servers.push(server);
  const origin = await listen(server);
  return { origin, send: (request) => exchange(origin, request), errors };
}
