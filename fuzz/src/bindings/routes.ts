/**
 * The routes of an HTTP service in the frameworks' spelling, with handlers that report their runs.
 *
 * @module
 */
import type { IncomingHttpHeaders } from 'node:http';
import { ID_HEADER, record, underId } from '../record.js';

/** `/notes/{id}` as `/notes/:id`. */
export function toColon(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

/** Tells that a route's handler ran, by the route's own pattern or by the path as it was read. */
export function ranRoute(
  headers: IncomingHttpHeaders | Headers,
  method: string,
  path: string,
): void {
  const id = headers instanceof Headers ? headers.get(ID_HEADER) : headers[ID_HEADER]?.toString();
  underId(id, 'routes', () => record({ kind: 'route', method, path }));
}
