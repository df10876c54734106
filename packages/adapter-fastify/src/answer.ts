/**
 * Writes core's replies through Fastify, so that its hooks see them.
 *
 * @module
 */
import type { HeaderList, Reply } from '@scopegate/core';
import { mergeHeader } from '@scopegate/core/adapter';
import { dropContent } from '@scopegate/core/node';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** A request of Fastify's, with Node's objects where core's guard looks for them. */
export interface FastifyCall {
  readonly req: FastifyRequest['raw'];
  readonly res: FastifyReply['raw'];
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Hooks that fit every route name no types. */
export function callOf(request: object, reply: object): FastifyCall {
  const call = { request: request as FastifyRequest, reply: reply as FastifyReply };
  return { req: call.request.raw, res: call.reply.raw, ...call };
}

/** Sends a reply in place of what was begun; headers that others set stay. */
export function answer({ reply }: FastifyCall, said: Reply): void {
  reply.send(begin(reply, said));
}

/** Begins a reply: all but its body, which is returned. */
export function begin(reply: FastifyReply, { status, headers, body }: Reply): Buffer | undefined {
  dropContent(reply);
  // Older versions of Fastify leave headers on Node's response.
  dropContent(reply.raw);
  addHeaders(reply.code(status), headers);
  // Fastify would add a charset to text.
  return body ? Buffer.from(body) : undefined;
}

/** Adds headers to what will be answered; headers that are lists grow. */
export function addHeaders(reply: FastifyReply, headers: HeaderList): void {
  for (const [name, value] of headers) {
    reply.header(name, mergeHeader(name, reply.getHeader(name), value));
  }
}
