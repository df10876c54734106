/**
 * What a runtime does otherwise, with the reason, in the bindings that `in` fits. A case that passes after all fails
 * the cell, so that this list does not outlive its reasons; but not one that `depends` on time.
 */
const UNSEEN =
  'Bun publishes no event of a request that began, so the suite does not see the server side';

const LARGE_BODY =
  'connections > (skipped: what is left of a body that was begun, its server reads for half a second, then closes) a large body at once: the connection stays usable';

export const KNOWN = [
  ...['before the body', 'in the middle of the body', 'before the decision'].map((place) => ({
    runtime: 'Bun',
    in: /./,
    title: `clients that go away > ${place}: nothing is thrown past the application, and the server goes on`,
    reason: UNSEEN,
  })),
  {
    runtime: 'Bun',
    in: /./,
    title: 'clients that go away > many requests on one connection leave no listener behind',
    reason: UNSEEN,
  },
  ...['Bun', 'Deno'].map((runtime) => ({
    runtime,
    in: /^Hono on Node$/,
    title: LARGE_BODY,
    reason: 'there the server has read it by then, so that the skip of the suite is stale',
    depends: true,
  })),
  {
    runtime: 'Deno',
    in: /^(?!Hono on Node$)/,
    title: 'connections > a body that was not read: the connection stays usable',
    reason: 'node:http of Deno does not read what a handler left of a body',
  },
  ...['at the root', 'under a prefix'].map((place) => ({
    runtime: 'Deno',
    in: /^Fastify/,
    title: `${place} > metadata: GET in absolute form`,
    reason: 'Fastify on Deno refuses a target in absolute form with 400',
  })),
];
