/**
 * Adds headers to answers that are written to Node's response without the framework's reply.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';
import { isListHeader, mergeHeader } from '../http/index.js';
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
 * Adds headers when the head is written, unless the arguments of `writeHead` have headers of these names: a list
 * among those gets the values that it lacks, and any other header stays as it is. A framework's reply passes all
 * headers, and code that took over the response does not. Setting them at once would make Node store every header
 * of the answer twice. Only for HTTP/1, where every head goes through `writeHead`.
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
  const at = args.findLastIndex((arg) => typeof arg === 'object' && arg !== null);
  const given = args[at] as Given | undefined;
  if (given === undefined || !brings(given, headers)) {
    setHeaders(this as unknown as ServerResponse, headers);
  }
  // Node replaces the headers that are set with those that it is given.
  const all = given === undefined ? args : args.with(at, withLists(given, headers));
  return Reflect.apply(this[BEFORE], this, all);
}

/** Headers by their names, or a flat list of names and values. */
type Given = Record<string | number, Parameters<typeof mergeHeader>[1]>;

function brings(given: Given, headers: HeaderList): boolean {
  for (const [name] of headers) if (!Object.hasOwn(given, name.toLowerCase())) return false;
  return true;
}

/** Returns the headers that `writeHead` was given; each list among them has the values of the gate, too. */
function withLists(given: Given, headers: HeaderList): Given {
  let all = given;
  for (const [name, value] of headers) {
    if (!isListHeader(name)) continue;
    for (const key of placesOf(name.toLowerCase(), given)) {
      const merged = mergeHeader(name, all[key], value);
      if (merged === all[key]) continue;
      if (all === given)
        all = Array.isArray(given) ? ([...given] as unknown as Given) : { ...given };
      all[key] = merged;
    }
  }
  return all;
}

/** Returns the keys at which values of a header are, in whatever spelling its name is. */
function placesOf(name: string, given: Given): readonly (string | number)[] {
  if (!Array.isArray(given)) return Object.keys(given).filter((key) => key.toLowerCase() === name);
  return given.flatMap((one, i) =>
    i % 2 === 0 && String(one).toLowerCase() === name ? [i + 1] : [],
  );
}
