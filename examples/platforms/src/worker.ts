/**
 * Cloudflare Workers: a gate in front of a Durable Object, and of another worker.
 *
 * @module
 */
import { Hono } from 'hono';
import { protect } from '@scopegate/hono';
import { gate } from './gate.js';
import type { Env, SwitchingInit, WebSocketPairClass } from './workers-types.js';

declare const WebSocketPair: WebSocketPairClass;

/** Answers with a WebSocket, or repeats the body. Behind a binding nobody else can call it. */
export class Rooms {
  async fetch(request: Request): Promise<Response> {
    if (request.headers.get('Upgrade') !== 'websocket') return new Response(await request.text());
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    server.addEventListener('message', ({ data }) => server.send(`echo ${String(data)}`));
    server.addEventListener('close', () => server.close());
    return new Response(null, { status: 101, webSocket: client } as SwitchingInit);
  }
}

function roomOf(env: Env): { fetch(request: Request): Promise<Response> } {
  return env.ROOMS.get(env.ROOMS.idFromName('notes'));
}

const app = new Hono<{ Bindings: Env }>();
app.get('/hono/room', protect(gate, 'notes:read'), (c) => roomOf(c.env).fetch(c.req.raw));
app.get('/hono/other', protect(gate, 'notes:read'), (c) => c.env.OTHER.fetch(c.req.raw));
app.all('/hono/mcp', protect(gate), (c) => roomOf(c.env).fetch(c.req.raw));

const room = gate.fetch((request, _context, env: Env) => roomOf(env).fetch(request), 'notes:read');
const other = gate.fetch((request, _context, env: Env) => env.OTHER.fetch(request), 'notes:read');
const mcp = gate.fetch(async (request, _context, env: Env) => {
  const answer = await roomOf(env).fetch(request);
  // What the platform put on the request is still there.
  const { cf } = request as { readonly cf?: object };
  return new Response(answer.body, { headers: { 'X-Has-Cf': String(cf !== undefined) } });
});

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith('/hono/')) return app.fetch(request, env);
    if (pathname === '/room') return room(request, env);
    if (pathname === '/other') return other(request, env);
    if (pathname === '/error') return gate.fetch(() => Response.error(), 'notes:read')(request);
    return mcp(request, env);
  },
};
