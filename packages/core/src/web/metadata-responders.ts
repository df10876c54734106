/**
 * Answers requests for resource metadata behind a framework.
 *
 * @module
 */
import type { GateRequest, Reply } from '../types.js';
import type { WebGuardOptions } from './web-guard.js';
import { fromWebRequest } from './web-request.js';

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

/**
 * Makes a function that answers a request for the metadata of one of the gates, and returns `undefined`
 * for every other request: for adapters to fetch frameworks.
 *
 * @throws {@link TypeError} without a gate
 * @example
 * ```ts
 * const respond = createWebMetadata([gate], {
 *   place: (context: Context) => ({ request: context.req.raw }),
 *   write: (_context, reply) => toResponse(reply),
 * });
 * const response = await respond(context);
 * ```
 */
export function createWebMetadata<Context>(
  gates: readonly MetadataGate[],
  { place, write }: Pick<WebGuardOptions<Context>, 'place' | 'write'>,
): (context: Context) => Response | Promise<Response> | undefined {
  const respond = metadataOf(gates);
  return (context) => {
    const { request, target } = place(context);
    const reply = respond(fromWebRequest(request, undefined, target).gateRequest);
    return reply instanceof Promise
      ? reply.then((signed) => write(context, signed))
      : reply && write(context, reply);
  };
}
