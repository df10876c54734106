/**
 * Answers requests for the metadata of several gates.
 *
 * @module
 */
import type { Gate } from './types.js';

/**
 * Makes a function that answers requests for the gates' documents, and returns `undefined` for every
 * other request.
 *
 * @throws {@link TypeError} without a gate
 */
export function metadataOf(gates: readonly Pick<Gate, 'metadata'>[]): Gate['metadata']['respond'] {
  if (gates.length === 0) throw new TypeError('resourceMetadata: expected at least one gate');
  return (request) => {
    for (const gate of gates) {
      const reply = gate.metadata.respond(request);
      if (reply !== undefined) return reply;
    }
    return undefined;
  };
}
