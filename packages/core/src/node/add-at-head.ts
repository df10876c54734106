/**
 * Adds headers to answers that are written to Node's response without the framework's reply.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';
import type { HeaderList } from '../types.js';
import { setHeaders } from './write-reply.js';

type WriteHead = (...args: readonly unknown[]) => unknown;

interface Headed {
  [ADDED]?: HeaderList;
  /** The method that the response had before: that of its prototype, or of other middleware. */
  [BEFORE]?: WriteHead;
  writeHead: WriteHead;
}

const ADDED = Symbol('scopegate.added');
const BEFORE = Symbol('scopegate.writeHead');

/**
 * Adds headers when the head is written, unless the arguments of `writeHead` have headers of these names. A
 * framework's reply passes all headers, and code that took over the response does not. Setting them at once
 * would make Node store every header of the answer twice. Only for HTTP/1, where every head goes through
 * `writeHead`.
 */
export function addAtHead(res: ServerResponse, headers: HeaderList): void {
  const headed = res as unknown as Headed;
  const before = headed[ADDED];
  if (before === headers) return;
  // Another gate added its headers before. Those of this gate are set at once.
  if (before !== undefined) return setHeaders(res, headers);
  headed[ADDED] = headers;
  headed[BEFORE] = headed.writeHead;
  headed.writeHead = writeHead;
}

/** One function for all responses: a closure for each would cost more. */
function writeHead(this: Required<Headed>, ...args: readonly unknown[]): unknown {
  const headers = this[ADDED];
  if (!brings(args.at(-1), headers)) setHeaders(this as unknown as ServerResponse, headers);
  return Reflect.apply(this[BEFORE], this, args);
}

function brings(given: unknown, headers: HeaderList): boolean {
  if (typeof given !== 'object' || given === null) return false;
  for (const [name] of headers) if (!Object.hasOwn(given, name.toLowerCase())) return false;
  return true;
}
