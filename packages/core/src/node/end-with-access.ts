/**
 * Ends an answer on Node when the access of its caller ends.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';
import type { Auth } from '../policy/index.js';
import type { StreamEnds } from '../token/index.js';

/**
 * Ends an answer that still streams when the token of its caller expires or is revoked. If the answer has not
 * begun by then, it ends when it begins to stream. The connection is closed, because a handler that writes after
 * a mere `end` would cause an error event that nobody handles.
 */
export function endWithAccess(ends: StreamEnds, auth: Auth, res: ServerResponse): void {
  // If the client left while its token was verified, `close` was emitted and would never stop the watch.
  if (isClosed(res)) return;
  const stop = ends.watch(auth, () => {
    if (!res.headersSent || res.writableEnded) return res.writableEnded;
    res.destroy();
    return true;
  });
  res.once('close', stop);
}

/** Whether the connection is closed. In HTTP/2, the stream of the response shows it. */
function isClosed({ destroyed, stream }: ServerResponse & { stream?: Destroyable }): boolean {
  return destroyed || stream?.destroyed === true;
}

interface Destroyable {
  readonly destroyed: boolean;
}
