/**
 * Answers requests for resource metadata in adapters for Node's request and response.
 *
 * @module
 */
import { metadataOf } from '../web/index.js';
import type { Gate } from '../gate/index.js';
import { fromNodeRequest } from './gate-request.js';
import { nowhere, writeToNode } from './node-guard.js';
import type { NodeContext, NodeGuardOptions } from './node-guard.js';

/**
 * Makes a function that answers a request for the metadata of one of the gates. It returns `false` for
 * every other request, which the adapter lets on; the promise settles when a document that is still
 * being signed has been written. It throws if the framework mounted it under a path, where the well-known
 * URLs never arrive.
 *
 * @throws {@link TypeError} without a gate
 */
export function createNodeMetadata<Context extends NodeContext = NodeContext>(
  gates: readonly Pick<Gate, 'metadata'>[],
  { write = writeToNode, place = nowhere }: NodeGuardOptions<Context> = {},
): (context: Context) => boolean | Promise<true> {
  const respond = metadataOf(gates);
  return (context) => {
    const { target, mountedAt = '' } = place(context);
    if (mountedAt !== '') {
      throw new Error(`resourceMetadata belongs at the root of the app, not ${mountedAt}`);
    }
    const reply = respond(fromNodeRequest(context.req, target).gateRequest);
    if (reply === undefined) return false;
    if (!(reply instanceof Promise)) return (write(context, reply), true);
    return reply.then((signed) => (write(context, signed), true));
  };
}
