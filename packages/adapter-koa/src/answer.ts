/**
 * Answers in core's words.
 *
 * @module
 */
import type { Reply } from '@scopegate/core';
import { dropContent, setHeaders } from '@scopegate/core/node';
import type { ExtendableContext } from 'koa';

/**
 * Leaves a reply in the context, for what works on answers on their way out. Headers that other
 * middleware set stay, but for those of a content that somebody began and that is not sent now.
 */
export function answer(ctx: ExtendableContext & { body: unknown }, reply: Reply): void {
  dropContent(ctx.res);
  ctx.status = reply.status;
  if (!reply.body) {
    // To Koa 3, `null` under a JSON type is a document; to Koa 2 it changes the status.
    ctx.body = '';
    ctx.type = '';
  }
  setHeaders(ctx.res, reply.headers);
  // Behind its type, or Koa would look for one.
  if (reply.body) ctx.body = reply.body;
  // Whoever wanted to write for himself does not any more.
  ctx.respond = true;
}
