/**
 * What a runtime does otherwise, with the reason: in every binding, or in the one that is named. A case that passes
 * after all fails the cell, so that this list does not outlive its reasons; but not one that `depends` on time.
 */
const UNSEEN =
  'Bun publishes no event of a request that began, so the suite does not see the server side';

export const KNOWN = [
  ...['before the body', 'in the middle of the body', 'before the decision'].map((place) => ({
    runtime: 'Bun',
    title: `clients that go away > ${place}: nothing is thrown past the application, and the server goes on`,
    reason: UNSEEN,
  })),
  {
    runtime: 'Bun',
    title: 'clients that go away > many requests on one connection leave no listener behind',
    reason: UNSEEN,
  },
  {
    runtime: 'Bun',
    binding: 'Hono on Node',
    title:
      'connections > (skipped: what is left of a body that was begun, its server reads for half a second, then closes) a large body at once: the connection stays usable',
    reason: 'under Bun the server has read it by then, so that the skip of the suite is stale',
    depends: true,
  },
  {
    runtime: 'Deno',
    title: 'connections > a body that was not read: the connection stays usable',
    reason: 'node:http of Deno does not read what a handler left of a body',
  },
];
