/**
 * Serves protected resource metadata.
 *
 * @module
 */
import type { Gate } from '@scopegate/core';
import { createNodeMetadata } from '@scopegate/core/node';
import type { FastifyPluginCallback } from 'fastify';
import { answer, callOf } from './answer.js';
import type { FastifyCall } from './answer.js';
import { inScope } from './in-scope.js';

/**
 * Makes a plugin that answers the metadata URLs of the gates, and passes every other request on.
 * Register it first, on the root app: anywhere else, or behind a `protect` of the whole app, it fails
 * at start.
 */
export function resourceMetadata(
  ...gates: readonly Pick<Gate, 'metadata'>[]
): FastifyPluginCallback {
  const metadata = createNodeMetadata<FastifyCall>(gates, {
    write: answer,
    // The public URL, even if the application rewrites it.
    place: ({ request }) => ({ target: request.originalUrl }),
  });
  return inScope((app, _options, done) => {
    const misplaced = (where: string): void => done(new Error(`resourceMetadata belongs ${where}`));
    // Scopes inherit from the root, which alone has methods of its own.
    if (!Object.hasOwn(app, 'listen')) return misplaced('at the root of the app, not in a plugin');
    if (app.hasRequestDecorator('auth')) return misplaced('in front of what guards the app');
    app.addHook('onRequest', (request, reply, next) => {
      const answered = metadata(callOf(request, reply));
      if (answered instanceof Promise) answered.catch(next);
      else if (!answered) next();
    });
    done();
  });
}
