/**
 * Guards Node's `upgrade` event, which no middleware sees.
 *
 * @module
 */
import { STATUS_CODES } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { authenticated } from '../policy/index.js';
import type { Rule } from '../policy/index.js';
import type { Decision, Gate, Refusal } from '../gate/index.js';
import { fromNodeRequest } from './gate-request.js';

/** Milliseconds that a client has to take its refusal. */
const GRACE = 1000;

/**
 * Judges a request for a protocol upgrade (WebSocket). A refusal is written, and the connection
 * destroyed once it is out, or after a second whatever the client does; the caller goes on only if the
 * decision is allowed:
 *
 * ```ts
 * server.on('upgrade', async (req, socket, head) => {
 *   const decision = await authenticateUpgrade(gate, req, 'notes:read');
 *   if (decision.allowed) sockets.handleUpgrade(req, socket, head, connect);
 * });
 * ```
 *
 * Messages on the open connection are the application's to judge, and so is closing it when the token
 * expires (`auth.expiresAt`).
 *
 * @param rule - what the connection needs; any valid token by default
 */
export async function authenticateUpgrade<S extends string>(
  gate: Gate<S>,
  req: IncomingMessage,
  rule: Rule<NoInfer<S>> = authenticated(),
): Promise<Decision<S>> {
  const { socket } = req;
  // Node listens to the socket no longer, and a client that resets it must not end the process.
  socket.on('error', () => undefined);
  const decision = await gate.check(fromNodeRequest(req).gateRequest, rule);
  if (!decision.allowed) refuse(socket, decision);
  return decision;
}

/** Node's servers leave half-open sockets open, and no time-out of theirs is left on this one. */
function refuse(socket: Socket, refusal: Refusal): void {
  const destroy = (): void => void socket.destroy();
  const timer = setTimeout(destroy, GRACE);
  socket.once('close', () => clearTimeout(timer));
  // What the client goes on to send is read away: unread, it would reset the connection and take the
  // answer with it.
  socket.resume();
  socket.end(toText(refusal), destroy);
}

function toText({ status, headers, body }: Refusal): string {
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
