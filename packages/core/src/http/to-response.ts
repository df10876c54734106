/** Converts replies for frameworks that answer with a Web `Response`. @module */
import type { HeaderList, Reply } from '../types.js';
import { mergeHeader } from './merge-header.js';

/** Returns a reply as a Web `Response`. */
export function toResponse({ status, headers, body }: Reply): Response {
  // A status such as 204 allows no body, not even an empty one. The headers are a plain object, because some
  // servers on Node write such an object without making a `Headers` object first.
  return new Response(body || null, { status, headers: toRecord(headers) });
}

function toRecord(headers: HeaderList): Record<string, string> {
  const record: Record<string, string> = {};
  for (const [name, value] of headers) {
    record[name] = mergeHeader(name, record[name], value);
  }
  return record;
}
