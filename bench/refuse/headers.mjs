/** Every header that the gate reads, and its targets, full of what makes careless readers slow. */
import { fork } from 'node:child_process';
import { Agent, request as send } from 'node:http';
import { TARGETS, cpuOf, growthOf, lowest, milliseconds, table, times, verdict } from './cpu.mjs';
import { call, headersRead, makeKey, mcpGate, request, verifierOf } from './gates.mjs';

const SIZES = [4096, 8192, 16_384];

const FILLERS = {
  ...{
    spaces: ' ',
    tabs: '\t',
    'spaces and tabs': ' \t',
    semicolons: ';',
    'spaced semicolons': ' ;',
  },
  ...{
    commas: ',',
    'spaced commas': ' ,',
    quotes: '"',
    backslashes: '\\',
    'quoted quotes': '"\\"',
  },
  ...{ 'equals signs': '=', 'spaced equals signs': ' = ', parameters: 'a=b;', quoted: ';a="b"' },
  ...{
    dots: '.',
    slashes: '/',
    hyphens: '-',
    letters: 'a',
    words: 'a ',
    base64: 'QUJD',
    digits: '7',
  },
  ...{ percent: '%', escapes: '%61', 'not ASCII': '\u00e9', 'two credentials': 'Bearer a, ' },
};
const PATHS = {
  ...{ slashes: '/', segments: '/a', 'dot segments': '/..', 'encoded dots': '/%2e%2e', dots: '.' },
  ...{
    escapes: '%61',
    'encoded slashes': '%2f',
    percent: '%',
    semicolons: ';',
    parameters: ';a=b',
  },
  ...{
    'known segments': '/notes/1',
    queries: '?',
    'query parts': '?a=b&',
    letters: 'a',
    plus: '+',
  },
  ...{ backslashes: '%5c', capitals: 'A', 'double escapes': '%2561' },
};

/** How a value begins that is read to its end. */
const BEGINNINGS = {
  authorization: 'Bearer ',
  'content-type': 'application/json;',
  'mcp-name': '=?base64?',
  'mcp-protocol-version': '2026-07-28',
  origin: 'https://',
};
/** Node answers what is no framing by itself, so these are for bindings that do not. */
const FRAMING = ['content-length', 'transfer-encoding'];

const BODY = JSON.stringify(call('hello', {}));

function filled(beginning, filler, size) {
  const room = size - beginning.length - 1;
  return `${beginning}${filler.repeat(Math.ceil(room / filler.length)).slice(0, room)}x`;
}

export async function headers({ rounds, all }) {
  const gate = mcpGate(verifierOf([await makeKey('ES256', 'bench')]));
  const names = await headersRead(gate);
  const child = fork(new URL('server.mjs', import.meta.url));
  const port = await new Promise((resolve) => child.once('message', resolve));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const over = (options, body) => cpuOverHttp({ ...options, port, agent }, body);
  const groups = [
    ...names.flatMap((name) => headerGroups(name, gate, over)),
    ...Object.entries(PATHS).map(([filler, part]) => ({
      what: 'target',
      filler,
      sample: (size) => over({ method: 'GET', path: filled('/notes/', part, size) }),
    })),
  ];
  const cases = groups.flatMap((group) => SIZES.map((size) => ({ ...group, size })));
  const found = await lowest(cases, rounds, ({ sample, size }) => sample(size));
  agent.destroy();
  child.disconnect();
  const rows = groups.map(({ what, filler }, index) => {
    const cpu = found.slice(index * SIZES.length, (index + 1) * SIZES.length);
    const growth = growthOf(cpu);
    const isMet = growth <= TARGETS.growth && cpu.at(-1) <= TARGETS.cpu;
    const seen = `${milliseconds(cpu.at(-1))} ms, growth ${times(growth)}, ${filler}`;
    return { what, filler, cpu, growth, isMet, seen };
  });
  const shown = all ? rows : worst(rows);
  table(
    `headers and targets over node:http (content-length, transfer-encoding: direct calls)`,
    ['', 'filler', '4 kB', '8 kB', '16 kB', 'growth', `<= ${TARGETS.growth} x, ${TARGETS.cpu} ms`],
    shown.map(({ what, filler, cpu, growth, isMet }) => [
      ...[what, filler, ...cpu.map(milliseconds), times(growth), verdict(isMet)],
    ]),
  );
  return shown;
}

/** For each header the filler that costs most; one that misses a target before all others. */
function worst(rows) {
  const most = new Map();
  for (const row of rows) {
    const known = most.get(row.what);
    if (known === undefined || weight(row) > weight(known)) most.set(row.what, row);
  }
  return [...most.values()];
}

function weight({ isMet, cpu }) {
  return isMet ? cpu.at(-1) : cpu.at(-1) + 1e6;
}

function headerGroups(name, gate, over) {
  const isPreflight = name.startsWith('access-control-');
  const others = isPreflight
    ? { origin: 'https://app.example.com' }
    : { 'content-type': 'application/json' };
  const method = isPreflight ? 'OPTIONS' : 'POST';
  const sampleOf = (beginning, part) => (size) => {
    const lines = { ...others, [name]: filled(beginning, part, size) };
    if (!FRAMING.includes(name)) return over({ method, path: '/mcp', headers: lines }, BODY);
    return cpuOf(async () => gate.route().decide(request('GET', '/mcp', lines)));
  };
  return Object.entries(FILLERS).flatMap(([filler, part]) =>
    [...new Set(['', BEGINNINGS[name] ?? ''])].map((beginning) => ({
      what: name,
      filler: beginning === '' ? filler : `${beginning.trim()} ${filler}`,
      sample: sampleOf(beginning, part),
    })),
  );
}

/** Sends a request, and returns what the server says it cost. */
function cpuOverHttp(options, body = '') {
  return new Promise((resolve, reject) => {
    const req = send({ host: '127.0.0.1', ...options }, (res) => {
      const cpu = Number(res.headers['x-cpu'] ?? Number.NaN);
      res.resume().on('end', () => {
        if (Number.isNaN(cpu)) reject(new Error(`no CPU time on ${res.statusCode}`));
        else resolve(cpu);
      });
    });
    req.on('error', reject).end(options.method === 'POST' ? body : '');
  });
}
