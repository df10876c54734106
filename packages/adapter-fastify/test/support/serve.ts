/**
 * Apps on real sockets, closed after each test.
 *
 * @module
 */
import fastify from 'fastify';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { afterEach } from 'vitest';
import { exchange } from '../../../adapter-testkit/src/wire/raw-http.js';
import type { Received, WireRequest } from '../../../adapter-testkit/src/wire/raw-http.js';

export type Send = (request: WireRequest) => Promise<Received>;

const apps: FastifyInstance[] = [];

/** Starts an app; call it in a test. */
export async function serve(
  mount: (app: FastifyInstance) => void,
  options: FastifyServerOptions = {},
): Promise<Send> {
  const app = fastify({ ...options });
  apps.push(app);
  mount(app);
  const origin = await app.listen({ port: 0, host: '127.0.0.1' });
  return (request) => exchange(origin, request);
}

afterEach(() => Promise.all(apps.splice(0).map((app) => app.close())));
