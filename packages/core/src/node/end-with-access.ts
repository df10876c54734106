/**
 * Ends an answer on Node when the access of its caller ends.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';
import type { Auth } from '../policy/index.js';
import type { StreamEnds } from '../token/index.js';

/**
 * Ends the answer if it still streams then. An answer that has not begun is left to its handler, and ends when it
 * begins to stream. The connection is closed, because a handler that writes after a mere `end` would cause an
 * error event that nobody handles.
 */
export function endWithAccess(ends: StreamEnds, auth: Auth, res: ServerResponse): void {
  // A client that left while its token was verified waits for nothing, and no event will say so again.
  if (isClosed(res)) return;
  const stop = ends.watch(auth, () => {
    if (!res.headersSent || res.writableEnded) return res.writableEnded;
    res.destroy();
    return true;
  });
  res.once('close', stop);
}

/** In HTTP/2, the stream tells. */
function isClosed({ destroyed, stream }: ServerResponse & { stream?: Destroyable }): boolean {
  return destroyed || stream?.destroyed === true;
}

interface Destroyable {
  readonly destroyed: boolean;
}
