/**
 * Writes core's replies to a Node response.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';
import { CONTENT_HEADERS, mergeHeader } from '../http/index.js';
import type { HeaderList, Reply } from '../types.js';

/**
 * Writes a reply and ends the response. Headers that other middleware set are kept, except those that describe
 * the content of the answer that the reply replaces.
 */
export function writeReply(res: ServerResponse, reply: Reply): void {
  res.statusCode = reply.status;
  replaceHeaders({ res }, reply.headers);
  res.end(reply.body ?? undefined);
}

/** An object that holds the headers of an answer: Node's response, or the reply of a framework. */
export type HeaderHolder = {
  getHeader(name: string): number | string | string[] | undefined;
  getHeaders(): object;
  removeHeader(name: string): unknown;
} & (
  | { setHeader(name: string, value: string): unknown }
  | { header(name: string, value: string): unknown }
);

/**
 * Sets the headers of a reply that replaces a response which was begun: on the framework's reply if
 * there is one, otherwise on Node's response. Of the headers that are set already, only those that
 * describe the content are removed.
 */
export function replaceHeaders(
  { res, reply }: { readonly res: HeaderHolder; readonly reply?: HeaderHolder | undefined },
  headers: HeaderList,
): void {
  dropContent(res);
  if (reply !== undefined) dropContent(reply);
  setHeaders(reply ?? res, headers);
}

/** Removes the headers that describe content, since other content is sent. */
export function dropContent(holder: HeaderHolder): void {
  // Only headers that are set are removed: removing a framing header that is not set would make Node
  // send none.
  for (const name of Object.keys(holder.getHeaders())) {
    if (CONTENT_HEADERS.has(name)) holder.removeHeader(name);
  }
}

/** Sets headers beside the others. A header that is a list keeps its values and gets the new ones. */
export function setHeaders(holder: HeaderHolder, headers: HeaderList): void {
  for (const [name, value] of headers) {
    const existing = holder.getHeader(name);
    if ('setHeader' in holder) {
      if (existing !== value) holder.setHeader(name, mergeHeader(name, existing, value));
      // A framework's reply may show a header of Node's response that it does not have itself.
    } else holder.header(name, mergeHeader(name, existing, value));
  }
}
