/**
 * Writes core's answers to a Node response.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';
import { CONTENT_HEADERS, mergeHeader } from '../gate/index.js';
import type { HeaderList, Reply } from '../types.js';

/**
 * Writes a reply and ends the response. Headers that other middleware set stay, but for those of a
 * content that somebody began and that is not sent now.
 */
export function writeReply(res: ServerResponse, reply: Reply): void {
  res.statusCode = reply.status;
  dropContent(res);
  setHeaders(res, reply.headers);
  if (reply.body === null || reply.body === '') res.end();
  else res.end(reply.body);
}

/** Removes what was said of a content that is not sent now: from a response, or a framework's reply. */
export function dropContent(res: {
  getHeaders(): object;
  removeHeader(name: string): unknown;
}): void {
  // Node takes the removal of a framing header that is not there as a wish to have none.
  for (const name of Object.keys(res.getHeaders())) {
    if (CONTENT_HEADERS.has(name)) res.removeHeader(name);
  }
}

/** Sets headers beside those that are there; headers that are lists grow. */
export function setHeaders(res: ServerResponse, headers: HeaderList): void {
  for (const [name, value] of headers) {
    res.setHeader(name, mergeHeader(name, res.getHeader(name), value));
  }
}
