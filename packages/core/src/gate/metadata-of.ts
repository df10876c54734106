/**
 * The metadata of several gates, for bindings that serve it.
 *
 * @module
 */
import type { Gate } from './types.js';

/**
 * Makes the responder of the gates: it answers the requests for their documents, and leaves every
 * other request alone.
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
