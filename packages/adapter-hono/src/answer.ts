/**
 * Writes core's answers.
 *
 * @module
 */
import type { Reply } from '@scopegate/core';
import { replyOver } from '@scopegate/core/adapter';
import type { Context } from 'hono';

/** Writes a reply over what stands there; headers that other middleware set stay. */
export function answer(c: Context, reply: Reply): Response {
  // What was set so far; `c.res` would make a response to tell.
  const begun = c.newResponse(null, 200, {}).headers;
  // Hono would carry every header of the earlier response over, and its own word would win.
  c.res = undefined;
  return (c.res = replyOver(begun, reply));
}
