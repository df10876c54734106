/**
 * Recognizes functions that make verifiers, for gates that get the function itself instead of its result.
 *
 * @module
 */

/** The key is the same symbol in all copies of this package. */
const FACTORY: unique symbol = Symbol.for('scopegate.verifier.factory');

/** Marks a function as one that makes verifiers. */
export function markFactory(factory: object): void {
  Object.defineProperty(factory, FACTORY, { value: true });
}

/** Whether the function makes verifiers, and is none. */
export function isFactory(value: object): boolean {
  return Object.hasOwn(value, FACTORY);
}
