/**
 * Answers requests for resource metadata in adapters to fetch frameworks.
 *
 * @module
 */
import { metadataOf } from './metadata-of.js';
import type { MetadataGate } from './metadata-of.js';
import type { WebGuardOptions } from './web-guard.js';
import { fromWebRequest } from './web-request.js';

/**
 * Makes a function that answers requests for the metadata of the gates and CORS preflights, as
 * {@link metadataOf} does, and returns `undefined` for every other request. It reads the URL of the request
 * itself, even if the router reads another one.
 *
 * @throws {@link TypeError} without a gate, and for anything that is no gate
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
    const reply = respond(fromWebRequest(place(context).request).gateRequest);
    return reply instanceof Promise
      ? reply.then((signed) => write(context, signed))
      : reply && write(context, reply);
  };
}
