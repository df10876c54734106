/**
 * Calling an application's hooks, which only watch.
 *
 * @module
 */

/** Calls it. What it throws, rejects with or returns changes nothing, and nobody waits for it. */
export function callHook(hook: () => unknown): void {
  try {
    const result = hook();
    // Also of other realms and libraries: a rejection that nobody takes could end the process.
    if (result !== undefined) Promise.resolve(result).catch(() => undefined);
  } catch {
    // The hook is for watching only.
  }
}
