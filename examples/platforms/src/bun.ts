/**
 * Bun: its own server with routes and WebSockets, and Express on it.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import express from 'express';
import { Hono } from 'hono';
import { protect as protectExpress } from '@scopegate/express';
import { protect as protectHono } from '@scopegate/hono';
import { gate } from './gate.js';

/** What this example uses of Bun's types. An application takes `@types/bun` instead. */
interface BunServer {
  readonly port: number;
  upgrade(request: Request): boolean;
}

interface ServeOptions {
  readonly port: number;
  readonly routes: Readonly<Record<string, Handler>>;
  readonly fetch: Handler;
  readonly websocket: {
    message(socket: { send(text: string): void }, message: string): void;
  };
}

type Handler = (request: Request, server: BunServer) => Response | Promise<Response>;

declare const Bun: { serve(options: ServeOptions): BunServer };

/** Bun's way to answer an upgrade: the socket is taken, and there is no response. */
const NO_RESPONSE = undefined as unknown as Response;

function upgrade(request: Request, server: BunServer): Response {
  return server.upgrade(request) ? NO_RESPONSE : new Response('no upgrade', { status: 426 });
}

const socket = gate.fetch((request, _context, server: BunServer) => {
  return upgrade(request, server);
}, 'notes:read');

/** Bun adds `params` and `cookies` to the requests of its routes. */
interface BunRequest extends Request {
  readonly params: Readonly<Record<string, string>>;
  readonly cookies: { get(name: string): string | null };
}

const mcp = gate.fetch(async (request) => {
  const { params, cookies } = request as BunRequest;
  const body: unknown = await request.json();
  return Response.json({ body, ...params, theme: cookies.get('theme') });
});

const app = new Hono<{ Bindings: BunServer }>();
app.get('/hono/socket', protectHono(gate, 'notes:read'), (c) => upgrade(c.req.raw, c.env));
app.all('/hono/mcp', protectHono(gate), async (c) => c.text(await c.req.raw.text()));

const server = Bun.serve({
  port: 0,
  routes: { '/mcp/:room': mcp },
  fetch: (request, bun) =>
    new URL(request.url).pathname === '/socket' ? socket(request, bun) : app.fetch(request, bun),
  websocket: { message: (peer, message) => peer.send(`echo ${message}`) },
});

const web = express();
web.all('/mcp', protectExpress(gate), (req, res) => {
  void text(req.pipe(new PassThrough())).then((piped) => res.json([piped, req.body]));
});
const node = createServer(web).listen(0, () => {
  const { port } = node.address() as AddressInfo;
  console.log(JSON.stringify({ bun: server.port, node: port }));
});
