/**
 * Recognizes functions that make verifiers, so that a gate can refuse such a function where its result, a
 * verifier, is expected.
 *
 * @module
 */

/** The key is the same symbol in all copies of this package. */
const FACTORY: unique symbol = Symbol.for('scopegate.verifier.factory');

/** Marks a function as one that makes verifiers. */
export function markFactory(factory: object): void {
  Object.defineProperty(factory, FACTORY, { value: true });
}

/** Whether the value is a function that makes verifiers, and not a verifier itself. */
export function isFactory(value: object): boolean {
  return Object.hasOwn(value, FACTORY);
}
