/**
 * Serves protected resource metadata.
 *
 * @module
 */
import type { Gate, Reply } from '@scopegate/core';
import { metadataOf } from '@scopegate/core/adapter';
import { fromNodeRequest } from '@scopegate/core/node';
import type { FastifyPluginCallback, FastifyReply } from 'fastify';
import { answer } from './answer.js';
import { inScope } from './in-scope.js';

/**
 * Makes a plugin that answers the metadata URLs of the gates, and lets every other request on.
 * Register it first, on the root app: anywhere else, or behind a `protect` of the whole app, it fails
 * at start.
 */
export function resourceMetadata(
  ...gates: readonly Pick<Gate, 'metadata'>[]
): FastifyPluginCallback {
  const respond = metadataOf(gates);
  return inScope((app, _options, done) => {
    const misplaced = (where: string): void => done(new Error(`resourceMetadata belongs ${where}`));
    // Scopes inherit from the root, which alone has methods of its own.
    if (!Object.hasOwn(app, 'listen')) return misplaced('at the root of the app, not in a plugin');
    if (app.hasRequestDecorator('auth')) return misplaced('in front of what guards the app');
    app.addHook('onRequest', (request, reply, next) => {
      // As it came: the public URL, whatever the application makes of it.
      const said = respond(fromNodeRequest(request.raw, request.originalUrl).gateRequest);
      if (said === undefined) return next();
      const write = (settled: Reply): FastifyReply => answer(reply, settled);
      Promise.resolve(said).then(write).catch(next);
    });
    done();
  });
}
