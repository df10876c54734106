/**
 * Answers requests for the metadata of several gates.
 *
 * @module
 */
import type { GateRequest, Reply } from '../types.js';

type Respond = (request: GateRequest) => Reply | Promise<Reply> | undefined;

/** A gate, or anything else that serves a metadata document. */
export interface MetadataGate {
  readonly metadata: { readonly respond: Respond };
}

/**
 * Makes a function that answers requests for the gates' documents, and returns `undefined` for every
 * other request.
 *
 * @throws {@link TypeError} without a gate
 * @example
 * ```ts
 * const respond = metadataOf([notesGate, filesGate]);
 * const reply = await respond(request);
 * if (reply !== undefined) write(response, reply);
 * ```
 */
export function metadataOf(gates: readonly MetadataGate[]): Respond {
  if (gates.length === 0) throw new TypeError('resourceMetadata: expected at least one gate');
  return (request) => {
    for (const gate of gates) {
      const reply = gate.metadata.respond(request);
      if (reply !== undefined) return reply;
    }
    return undefined;
  };
}
