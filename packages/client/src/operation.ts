/**
 * Names of operations: people read them, and the ledger counts by them.
 *
 * @module
 */
import type { ClientOperation } from './errors.js';
import { ownMember, parseJson } from '@scopegate/core/engine';
import { memberText } from './member-text.js';
import type { OutgoingRequest } from './request.js';

const MAX_NAME_LENGTH = 200;

/**
 * Names a request: for a JSON-RPC call by its method and its `name` or `uri`, else by HTTP method
 * and path. The query is left out, so that the same path with another query is the same operation.
 */
export async function nameOperation(request: OutgoingRequest): Promise<ClientOperation> {
  const { url, method } = request;
  const call = `${method} ${url.origin}${url.pathname}`;
  const message =
    method === 'POST' && request.isRepeatable ? parseJson(await request.text()) : undefined;
  const rpc = memberText(message, 'method');
  if (rpc === undefined) return { id: cut(call), label: cut(`${method} ${url.pathname}`) };
  const params = ownMember(message, 'params');
  const name = memberText(params, 'name') ?? memberText(params, 'uri');
  return { id: cut(`${rpc} ${name ?? ''} ${call}`), label: cut(name ?? rpc) };
}

/** Two long names with the same beginning share one limit. */
function cut(name: string): string {
  return name.replaceAll(/\p{C}/gu, '').slice(0, MAX_NAME_LENGTH);
}
