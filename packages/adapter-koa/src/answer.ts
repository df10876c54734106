/**
 * Writes core's replies.
 *
 * @module
 */
import type { Reply } from '@scopegate/core';
import { dropContent, setHeaders } from '@scopegate/core/node';
import type { ExtendableContext } from 'koa';

/**
 * Puts a reply into the context, so that middleware which changes answers sees it. Headers that other
 * middleware set stay, except those of a content that was begun and is not sent now.
 */
export function answer(ctx: ExtendableContext & { body: unknown }, reply: Reply): void {
  dropContent(ctx.res);
  ctx.status = reply.status;
  if (!reply.body) {
    // Koa 3 writes `null` under a JSON type as a document, and Koa 2 changes the status for it.
    ctx.body = '';
    ctx.type = '';
  }
  setHeaders(ctx.res, reply.headers);
  // Set after the type, or Koa would choose a type itself.
  if (reply.body) ctx.body = reply.body;
  // Turn Koa's own response handling on again if a handler set `ctx.respond` to false.
  ctx.respond = true;
}
