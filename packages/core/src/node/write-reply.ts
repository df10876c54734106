/**
 * Writes core's replies to a Node response.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';
import { CONTENT_HEADERS, mergeHeader } from '../http/index.js';
import type { HeaderList, Reply } from '../types.js';

/**
 * Writes a reply and ends the response. Headers that other middleware set stay, except those of a
 * content that was begun and is not sent now.
 */
export function writeReply(res: ServerResponse, reply: Reply): void {
  res.statusCode = reply.status;
  dropContent(res);
  setHeaders(res, reply.headers);
  if (reply.body === null || reply.body === '') res.end();
  else res.end(reply.body);
}

/** Removes the headers of a content that is not sent now, from a response or a framework's reply. */
export function dropContent(res: {
  getHeaders(): object;
  removeHeader(name: string): unknown;
}): void {
  // Removing a framing header that is not set would tell Node to send none.
  for (const name of Object.keys(res.getHeaders())) {
    if (CONTENT_HEADERS.has(name)) res.removeHeader(name);
  }
}

/** Sets headers beside those that are set; headers that are lists grow. */
export function setHeaders(res: ServerResponse, headers: HeaderList): void {
  for (const [name, value] of headers) {
    res.setHeader(name, mergeHeader(name, res.getHeader(name), value));
  }
}
