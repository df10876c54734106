/**
 * Records what really ran: handlers report each run with the request that caused it.
 *
 * @module
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** Something that a handler did. */
export type Run =
  /** The handler of a guarded route was entered. */
  | { readonly kind: 'entered' }
  | { readonly kind: 'tool' | 'prompt'; readonly name: string; readonly args: unknown }
  | {
      readonly kind: 'resource';
      readonly uri: string;
      /** What the handler made of the URI: the thing that it read. */
      readonly path: string;
      /** The key that it is registered under, if the rule depends on it. */
      readonly key?: string;
    }
  | { readonly kind: 'watch'; readonly uri: string; readonly path: string }
  | { readonly kind: 'complete'; readonly of: string; readonly args: unknown }
  | { readonly kind: 'task'; readonly id: unknown }
  | { readonly kind: 'method'; readonly method: string; readonly params: unknown }
  /** An HTTP route of a service: its method, and its path as its router read it. */
  | { readonly kind: 'route'; readonly method: string; readonly path: string };

/** `mountPath` is where the handler that ran is mounted. */
export type Listener = (run: Run, mountPath: string) => void;

export const ID_HEADER = 'x-fuzz-id';
export const SERVER_HEADER = 'x-fuzz-server';

interface Cause {
  readonly id: string;
  readonly mountPath: string;
}

const storage = new AsyncLocalStorage<Cause>();
const listeners = new Map<string, Listener>();

/** Runs a handler; what it records belongs to the request with this id. */
export function underId<T>(id: string | null | undefined, mountPath: string, handler: () => T): T {
  return storage.run({ id: id ?? '', mountPath }, handler);
}

export function record(run: Run): void {
  const cause = storage.getStore();
  if (cause !== undefined) listeners.get(cause.id)?.(run, cause.mountPath);
}

/** Who is told of the runs of a request, also of those that come after its answer. */
export function listenTo(id: string, listener: Listener): void {
  listeners.set(id, listener);
  if (listeners.size <= REMEMBERED) return;
  const [oldest] = listeners.keys();
  listeners.delete(oldest as string);
}

const REMEMBERED = 1000;
