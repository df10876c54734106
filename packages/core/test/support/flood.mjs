/**
 * Sends a million distinct bad tokens through a gate of the build, and prints what came of it. Run
 * with `--expose-gc`, in a process of its own: from source, through the test runner, it takes long.
 */
import { createGate } from '../../dist/index.js';
import { jwtVerifier } from '../../dist/token/jwt/index.js';

const RESOURCE = 'https://notes.example.com/mcp';
const ISSUER = 'https://idp.example.com';
const COUNT = 1_000_000;

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

const seconds = Math.floor(Date.now() / 1000);
const good = { iss: ISSUER, aud: RESOURCE, exp: seconds + 3600 };
const header = { alg: 'ES256', typ: 'at+jwt', kid: 'k1' };
const start = (claims, changed = {}) => `${encode({ ...header, ...changed })}.${encode(claims)}.`;
const kinds = {
  shape: '',
  alg: start(good, { alg: 'none' }),
  typ: start(good, { typ: 'JWT' }),
  iss: start({ ...good, iss: 'https://x.example' }),
  aud: start({ ...good, aud: 'x' }),
  exp: start({ ...good, exp: seconds - 60 }),
  nbf: start({ ...good, nbf: seconds + 3600 }),
  cnf: start({ ...good, cnf: {} }),
};
const starts = Object.values(kinds);

let keysAskedFor = 0;
const verifier = jwtVerifier({
  issuer: ISSUER,
  jwks: () => {
    keysAskedFor += 1;
    return Promise.reject(new Error('no key'));
  },
});
const gate = createGate({ resource: RESOURCE, verifier, scopes: ['notes:read'] });
const route = gate.route('notes:read');

const statuses = {};
function flood(from, to) {
  for (let i = from; i < to; i++) {
    const token = `${starts[i % starts.length]}${i.toString(36).padStart(85, 'A')}A`;
    const headers = { get: (name) => (name === 'authorization' ? `Bearer ${token}` : null) };
    const { status } = route.decide({ method: 'GET', url: '/', headers });
    statuses[status] = (statuses[status] ?? 0) + 1;
  }
}

function heap() {
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

flood(0, 10_000);
const before = heap();
flood(10_000, COUNT + 10_000);
const growth = heap() - before;
// One token that passes everything, to see that the keys are asked for then.
const headers = { get: (name) => (name === 'authorization' ? `Bearer ${start(good)}AAAA` : null) };
const { status } = await route.decide({ method: 'GET', url: '/', headers });
console.log(JSON.stringify({ statuses, growth, keysAskedFor, last: status }));
