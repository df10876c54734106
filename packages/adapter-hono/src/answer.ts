/**
 * Writes core's replies.
 *
 * @module
 */
import type { Reply } from '@scopegate/core';
import { replyOver } from '@scopegate/core/adapter';
import type { Context } from 'hono';

/** Writes a reply in place of the current response; headers that other middleware set stay. */
export function answer(c: Context, reply: Reply): Response {
  // The headers set so far; reading `c.res` would make a response.
  const begun = c.newResponse(null, 200, {}).headers;
  // Otherwise Hono would copy every header of the earlier response over those of the reply.
  c.res = undefined;
  return (c.res = replyOver(begun, reply));
}
