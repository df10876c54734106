/**
 * Calls hooks of an application. Hooks only observe: they cannot change a decision.
 *
 * @module
 */

/**
 * Calls the hook, and ignores its result, its exception and the rejection of its promise. The request does
 * not wait for the promise.
 */
export function callHook(hook: () => unknown): void {
  try {
    const result = hook();
    // The rejection of a promise or thenable is handled, because an unhandled one could end the process.
    if (result !== undefined) Promise.resolve(result).catch(() => undefined);
  } catch {
    // Hooks only observe, so an error in one must not change the decision.
  }
}
