/**
 * The files of a project share a process and its modules, which saves half of their time. So a file
 * that changes what is global puts it back; one that does not fails here.
 *
 * @module
 */
import { afterAll } from 'vitest';

const CLASSES = { Object, Array, Function, String, RegExp, Promise, Map, Set, Headers, URL };
const EVENTS = ['unhandledRejection', 'uncaughtException', 'warning', 'SIGTERM', 'SIGINT'];

/** Functions that tests have replaced, or might. */
const FUNCTIONS: readonly (readonly [owner: object, names: readonly string[]])[] = [
  [globalThis, ['fetch', 'Request', 'Response', 'Headers', 'URL', 'Date']],
  [globalThis, ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask']],
  [console, ['log', 'info', 'debug', 'warn', 'error']],
  [crypto, ['getRandomValues', 'randomUUID']],
  [crypto.subtle, ['digest', 'importKey', 'verify']],
  [Math, ['random']],
  [JSON, ['parse', 'stringify']],
  [performance, ['now']],
];

/** By name, everything global that a test might have a reason to change. */
function globals(): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([
    ...FUNCTIONS.flatMap(([owner, names]) =>
      names.map((name) => [name, Reflect.get(owner, name) as unknown] as const),
    ),
    ...Object.entries(CLASSES).flatMap(([name, { prototype }]) =>
      Reflect.ownKeys(prototype).map((key) => [`${name}.prototype.${String(key)}`, true] as const),
    ),
    ...EVENTS.map((event) => [`listeners of ${event}`, process.listenerCount(event)] as const),
    ...Object.entries(process.env).map(([name, value]) => [`process.env.${name}`, value] as const),
  ]);
}

const before = globals();
const { Request, Response } = globalThis;
afterAll(() => {
  // The server of Hono replaces them when it starts, which is not the test's doing.
  Object.assign(globalThis, { Request, Response });
  const after = globals();
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const left = names.filter((name) => before.get(name) !== after.get(name));
  if (left.length > 0) throw new Error(`a test file did not put back: ${left.join(', ')}`);
});
