/**
 * Writes core's answers through Fastify, so that its hooks see them.
 *
 * @module
 */
import type { HeaderList, Reply } from '@scopegate/core';
import { mergeHeader } from '@scopegate/core/adapter';
import { dropContent } from '@scopegate/core/node';
import type { FastifyReply } from 'fastify';

/** Sends a reply over what stands there; headers that others set stay. */
export function answer(reply: FastifyReply, said: Reply): FastifyReply {
  return reply.send(begin(reply, said));
}

/** Begins a reply: all but its body, which is returned. */
export function begin(reply: FastifyReply, { status, headers, body }: Reply): Buffer | undefined {
  dropContent(reply);
  // Older Fastify leaves what stands on Node's response.
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
