/**
 * Names operations, for people and for the limits of the ledger.
 *
 * @module
 */
import type { ClientOperation } from './errors.js';
import { ownMember, parseJson } from '@scopegate/core/engine';
import { memberText } from './member-text.js';
import type { OutgoingRequest } from './request.js';

const MAX_NAME_LENGTH = 200;

/**
 * Names the operation of a request. The names consist of HTTP method and path, and for a JSON-RPC call of its
 * method and its `name` or `uri`. The query is left out, so that the same path with another query is the same
 * operation.
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

/**
 * Removes control and invisible characters and limits the length. Operations whose long names have the same
 * beginning thus count as one operation for the limits.
 */
function cut(name: string): string {
  return name.replaceAll(/\p{C}/gu, '').slice(0, MAX_NAME_LENGTH);
}
