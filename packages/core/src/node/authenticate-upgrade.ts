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

/** Maximum time that a client may take to read its refusal before the connection is destroyed. */
const CLOSE_DELAY_MS = 1000;

/**
 * Decides on a request for a protocol upgrade (WebSocket). A refusal is written, and the connection is
 * destroyed when it has been sent, or after a second at the latest. The caller must continue only if the
 * decision is allowed.
 *
 * The application must check the messages on the open connection itself, and close it when the token
 * expires (`auth.expiresAt`).
 *
 * @example
 * ```ts
 * server.on('upgrade', async (req, socket, head) => {
 *   const decision = await authenticateUpgrade(gate, req, 'notes:read');
 *   if (decision.allowed) sockets.handleUpgrade(req, socket, head, connect);
 * });
 * ```
 * @param rule - what the connection needs; any valid token by default
 */
export async function authenticateUpgrade<S extends string>(
  gate: Gate<S>,
  req: IncomingMessage,
  rule: Rule<NoInfer<S>> = authenticated(),
): Promise<Decision<S>> {
  const { socket } = req;
  // Node has removed its own listeners, and a reset by the client must not end the process.
  socket.on('error', () => undefined);
  const decision = await gate.check(fromNodeRequest(req).gateRequest, rule);
  if (!decision.allowed) refuse(socket, decision);
  return decision;
}

/**
 * Writes the refusal and destroys the socket, because Node keeps half-open sockets and sets no timeout on this one.
 */
function refuse(socket: Socket, refusal: Refusal): void {
  const destroy = (): void => void socket.destroy();
  const timer = setTimeout(destroy, CLOSE_DELAY_MS);
  socket.once('close', () => clearTimeout(timer));
  // Unread data from the client would reset the connection and the answer would be lost.
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
