/**
 * What a runtime cannot do, with the reason. Titles begin with a binding's name, `*` for each. One that passes
 * after all fails the cell, so that this list does not outlive its reasons.
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
    runtime: 'Deno',
    title: 'connections > a body that was not read: the connection stays usable',
    reason: 'node:http of Deno does not read what a handler left of a body',
  },
];
