/** What is sent, what must be answered, and what it may cost. */

/** A hook that checks nothing. No guard can cost less. */
export const CONSTANT = 'a hook of constants';

/** The gate with `dpop`, and what it is compared with: jose alone, for the token and for the proof. */
export const BOUND = 'scopegate, DPoP';
export const RAW_JOSE = 'two raw jose verifications';

export const CASES = {
  authorised: { token: 'enough', status: 200 },
  'no token': { token: undefined, status: 401 },
  'too few scopes': { token: 'tooFew', status: 403 },
  'expired token': { token: 'expired', status: 401 },
  // A proof of its own for each request, with a token that was seen before.
  'bound token': { token: 'bound', status: 200, isBound: true },
};

const UNBOUND_CASES = Object.keys(CASES).filter((what) => CASES[what].isBound !== true);

/** What the hook of constants answers; the rest depends on what a guard knows. */
const CONSTANT_CASES = ['authorised', 'no token'];

export const ROUTES = {
  'GET with a rule': { method: 'GET', path: '/notes' },
  'MCP tools/call': {
    method: 'POST',
    path: '/mcp',
    headers: { 'Content-Type': 'application/json', 'MCP-Protocol-Version': '2025-11-25' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'read_notes', arguments: { query: 'plants', limit: 10 } },
    }),
  },
};

/** A request with a proof costs at most so many times jose's two verifications. */
export const BOUND_TARGET = 1.15;

/** At most so many times the hook of constants, by route and case. */
export const TARGETS = {
  'GET with a rule': { authorised: () => 1.1, 'no token': () => 1.08 },
  'MCP tools/call': {
    authorised: (framework) =>
      ({ fastify: 1.4, hono: 1.35, fetch: 1.35, bun: 1.35 })[framework] ?? 1.25,
    'no token': () => 1.08,
  },
};

/** Every guard with every case; a quick run asks peers for what they let in alone. */
export function candidatesOf(guards, quick) {
  const casesOf = (guard) => {
    if (guard === 'bare') return ['authorised'];
    if (guard === CONSTANT) return CONSTANT_CASES;
    if (guard === BOUND || guard === RAW_JOSE) return ['bound token'];
    return quick && guard !== 'scopegate' ? ['authorised'] : UNBOUND_CASES;
  };
  return guards.flatMap((guard) => casesOf(guard).map((what) => ({ guard, what })));
}
