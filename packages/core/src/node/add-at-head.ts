/**
 * Headers for answers that are written past a framework's reply.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';
import type { HeaderList } from '../types.js';
import { setHeaders } from './write-reply.js';

type WriteHead = (...args: readonly unknown[]) => unknown;

interface Headed {
  [ADDED]?: { readonly headers: HeaderList; readonly writeHead: WriteHead };
  writeHead: WriteHead;
}

const ADDED = Symbol('scopegate.added');

/**
 * Adds headers when the head is written, if those who write it do not bring them: a framework's reply
 * does, and code that took the response over does not. Setting them at once would make Node store every
 * header of the answer twice. HTTP/1 alone, where every head goes through `writeHead`.
 */
export function addAtHead(res: ServerResponse, headers: HeaderList): void {
  const headed = res as unknown as Headed;
  const before = headed[ADDED];
  if (before?.headers === headers) return;
  // Another gate has other headers.
  if (before !== undefined) return setHeaders(res, headers);
  headed[ADDED] = { headers, writeHead: headed.writeHead };
  headed.writeHead = writeHead;
}

/** One function for all responses: a closure for each would cost more. */
function writeHead(this: Headed, ...args: readonly unknown[]): unknown {
  const added = this[ADDED];
  if (added === undefined) throw new TypeError('writeHead belongs to another response');
  const given = args.at(-1);
  const isBrought = ([name]: HeaderList[number]): boolean =>
    typeof given === 'object' && given !== null && Object.hasOwn(given, name.toLowerCase());
  if (!added.headers.every(isBrought)) setHeaders(this as unknown as ServerResponse, added.headers);
  return Reflect.apply(added.writeHead, this, args);
}
