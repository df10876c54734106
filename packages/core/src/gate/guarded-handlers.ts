/**
 * Tells bindings that handlers behind a gate are guarded from now on.
 *
 * @module
 */

const waiting = new WeakMap<object, () => void>();

/**
 * Calls `listener` once, when a handler behind the gate is guarded next (`guardTool`). A gate has one listener:
 * a new one replaces it.
 */
export function whenHandlersAreGuarded(gate: object, listener: () => void): void {
  waiting.set(gate, listener);
}

/** The guards of handlers call it each time: servers may register their tools for every request. */
export function announceGuardedHandler(gate: object): void {
  const listener = waiting.get(gate);
  waiting.delete(gate);
  listener?.();
}
