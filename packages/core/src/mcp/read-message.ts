/**
 * Reads a JSON-RPC message. It reads own members only, and coerces no value.
 *
 * @module
 */
import type { JsonRpcId } from '../challenge/index.js';
import type { Fault } from '../policy/index.js';
import { ownMember } from '../values.js';

/** A JSON-RPC 2.0 message. A response has no method. */
export interface Message {
  readonly kind: 'message';
  readonly method: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
  readonly id: JsonRpcId;
  /** Whether the client expects an answer, because the message has an `id`, whatever its value. */
  readonly isRequest: boolean;
}

const INVALID_REQUEST = -32600;

/**
 * Reads one message. A batch is refused (MCP 2025-06-18 removed batches), and so is a message whose
 * method a server might read differently. A message with both `method` and `result` counts as a request.
 */
export function readMessage(body: unknown): Message | Fault {
  if (Array.isArray(body)) return BATCH;
  if (!isJsonObject(body)) return invalid('The body is not a JSON-RPC message');
  const method = ownMember(body, 'method');
  const id = toId(ownMember(body, 'id'));
  if (ownMember(body, 'jsonrpc') !== '2.0')
    return invalid('The body is not a JSON-RPC 2.0 message', id);
  if (method === undefined) {
    const isResponse = Object.hasOwn(body, 'result') || Object.hasOwn(body, 'error');
    if (!isResponse) return invalid('The message has no method', id);
    return { kind: 'message', method: undefined, params: {}, id, isRequest: false };
  }
  if (typeof method !== 'string') return invalid('The method is not a string', id);
  const params = ownMember(body, 'params');
  if (params !== undefined && !isJsonObject(params)) return invalid('The params are no object', id);
  return {
    kind: 'message',
    method,
    params: params ?? {},
    id,
    isRequest: ownMember(body, 'id') !== undefined,
  };
}

/** Whether the value is a JSON object, not a list. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function invalid(message: string, rpcId: JsonRpcId = null): Fault {
  return { kind: 'fault', fault: 'invalid_body', code: INVALID_REQUEST, message, rpcId };
}

function toId(id: unknown): JsonRpcId {
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}

/** MCP has no batches since 2025-06-18. */
export const BATCH: Fault = invalid('Send one JSON-RPC message, not a batch');
