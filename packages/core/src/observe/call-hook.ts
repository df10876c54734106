/**
 * Calls of an application's hooks, which only observe.
 *
 * @module
 */

/**
 * Calls the hook. What it throws, rejects with or returns changes nothing, and the request does not wait
 * for a promise that it returns.
 */
export function callHook(hook: () => unknown): void {
  try {
    const result = hook();
    // An unhandled rejection could end the process, also that of a thenable from another realm.
    if (result !== undefined) Promise.resolve(result).catch(() => undefined);
  } catch {
    // Hooks only observe, so an error in one must not change the decision.
  }
}
