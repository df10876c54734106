/**
 * What makes a function a plugin of the scope that registers it, as `fastify-plugin` does.
 *
 * @module
 */
import type { FastifyPluginCallback } from 'fastify';

/** Its hooks are then added to that scope, not to a new one inside it. */
export function inScope(plugin: FastifyPluginCallback): FastifyPluginCallback {
  return Object.assign(plugin, {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: '@scopegate/fastify',
    [Symbol.for('plugin-meta')]: { name: '@scopegate/fastify', fastify: '5.x' },
  });
}
