/**
 * Answers requests for resource metadata in adapters for Node's request and response.
 *
 * @module
 */
import { metadataOf } from '../web/index.js';
import type { Gate } from '../gate/index.js';
import { fromNodeRequest } from './gate-request.js';
import { withDefaults } from './node-guard.js';
import type { NodeContext, NodeGuardOptions } from './node-guard.js';

/**
 * Answers a request for the metadata of one of the gates, or a CORS preflight for their resources, and returns
 * `false` for every other request, which the adapter must pass on. It returns a promise if the document is
 * still being signed. Frameworks with callbacks pass `next`, which is called for every other request, and with
 * the error if the promise rejects.
 */
export type NodeMetadata<Context> = (
  context: Context,
  next?: (error?: Error) => void,
) => boolean | Promise<true>;

/**
 * Makes the function that answers requests for metadata. Call this once, at mount. The function throws if
 * the framework mounted it under a path, because requests for the well-known URLs never arrive there.
 *
 * @example
 * ```ts
 * const metadata = createNodeMetadata([gate]);
 * const middleware = async (req, res, next) => {
 *   if (!(await metadata({ req, res }))) await next();
 * };
 * ```
 * @throws {@link TypeError} without a gate, and for anything that is no gate
 */
export function createNodeMetadata<Context = NodeContext>(
  gates: readonly Pick<Gate, 'metadata'>[],
  options: NodeGuardOptions<Context> = {},
): NodeMetadata<Context> {
  const respond = metadataOf(gates);
  const { write, place } = withDefaults(options);
  const answer = (context: Context): boolean | Promise<true> => {
    const { req, target, publicTarget = target, mountedAt = '' } = place(context);
    if (mountedAt !== '') {
      throw new Error(`resourceMetadata belongs at the root of the app, not ${mountedAt}`);
    }
    const reply = respond(fromNodeRequest(req, publicTarget).gateRequest);
    if (reply === undefined) return false;
    if (!(reply instanceof Promise)) return (write(context, reply), true);
    return reply.then((signed) => (write(context, signed), true));
  };
  return (context, next) => {
    const answered = answer(context);
    if (next !== undefined) {
      if (answered instanceof Promise) answered.catch(next);
      else if (!answered) next();
    }
    return answered;
  };
}
