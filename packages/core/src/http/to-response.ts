/** Converts replies for frameworks that answer with a Web `Response`. @module */
import type { HeaderList, Reply } from '../types.js';
import { mergeHeader } from './merge-header.js';

/** Returns a reply as a Web `Response`. */
export function toResponse({ status, headers, body }: Reply): Response {
  // A status such as 204 allows no body, not even an empty one. The headers are a plain object, because some
  // servers on Node write such an object without making a `Headers` object first.
  return new Response(body || null, { status, headers: toRecord(headers) });
}

/** Returns the headers as a plain object. Lines of a list header such as `Vary` are merged into one value. */
function toRecord(headers: HeaderList): Record<string, string> {
  const record: Record<string, string> = {};
  for (const [name, value] of headers) {
    const before = record[name];
    record[name] = before === undefined ? value : mergeHeader(name, before, value);
  }
  return record;
}
