/**
 * Hono on Node with handlers that answer by themselves, for tests of core.
 *
 * @module
 */
import type { RequestListener, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Gate } from '@scopegate/core';
import { Hono } from 'hono';
import { protect } from '../../src/index.js';

/** Serves a guarded handler that writes to Node's response, or returns the response that it makes. */
export function serveHono(
  gate: Gate<'notes:read'>,
  handle: (res: ServerResponse) => Response | undefined,
): RequestListener {
  const app = new Hono<{ Bindings: { outgoing: ServerResponse } }>();
  app.get('*', protect(gate, 'notes:read'), (c) => handle(c.env.outgoing) ?? RESPONSE_ALREADY_SENT);
  return getRequestListener(app.fetch) as RequestListener;
}
