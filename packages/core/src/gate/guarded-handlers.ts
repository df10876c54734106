/**
 * Tells bindings that handlers behind a gate are guarded from now on.
 *
 * @module
 */

const waiting = new WeakMap<object, (() => void)[]>();

/** Calls `listener` when a handler behind the gate is guarded for the first time (`guardTool`). */
export function whenHandlersAreGuarded(gate: object, listener: () => void): void {
  const listeners = waiting.get(gate);
  if (listeners === undefined) waiting.set(gate, [listener]);
  else listeners.push(listener);
}

/** Called by what guards handlers, each time: servers may register their tools for every request. */
export function announceGuardedHandler(gate: object): void {
  const listeners = waiting.get(gate) ?? [];
  waiting.delete(gate);
  for (const listener of listeners) listener();
}
