/** Every binding there is. @module */
import { HARNESSES as EXPRESS } from '../../../adapter-express/test/support/harness.js';
import { HARNESSES as FASTIFY } from '../../../adapter-fastify/test/support/harness.js';
import { ON_FETCH, ON_NODE } from '../../../adapter-hono/test/support/harness.js';
import { HARNESSES as KOA } from '../../../adapter-koa/test/support/harness.js';
import { FETCH } from '../../../core/test/support/fetch-harness.js';
import { NODE } from '../../../core/test/support/node-harness.js';
import type { Harness } from '../../src/index.js';

export const ALL_HARNESSES: readonly Harness[] = [
  NODE,
  FETCH,
  ...EXPRESS,
  ...FASTIFY,
  ON_NODE,
  ON_FETCH,
  ...KOA,
];
