/**
 * Every shape that is attacked.
 *
 * @module
 */
import { EXPRESS } from './express.js';
import { FASTIFY } from './fastify.js';
import { FETCH } from './fetch.js';
import { HONO } from './hono.js';
import { KOA } from './koa.js';
import { NODE } from './node.js';
import { PROXY } from './proxy.js';
import type { Shape } from './shape.js';

export const SHAPES: readonly Shape[] = [
  ...NODE,
  ...EXPRESS,
  ...FASTIFY,
  ...HONO,
  ...FETCH,
  ...KOA,
  ...PROXY,
];
