/**
 * Tells bindings that handlers behind a gate are guarded from now on.
 *
 * @module
 */

const waiting = new WeakMap<object, () => void>();

/**
 * Calls `listener` when a handler behind the gate is guarded for the first time (`guardTool`). A gate has one
 * listener: the bindings wait together.
 */
export function whenHandlersAreGuarded(gate: object, listener: () => void): void {
  waiting.set(gate, listener);
}

/** Called by what guards handlers, each time: servers may register their tools for every request. */
export function announceGuardedHandler(gate: object): void {
  const listener = waiting.get(gate);
  waiting.delete(gate);
  listener?.();
}
