/** Bodies that are slow to evaluate, beside `JSON.parse` of the same bytes. */
import { TARGETS, growthOf, lowestOfPairs, milliseconds, table, times, verdict } from './cpu.mjs';
import { call, makeKey, mcpGate, request, verifierOf } from './gates.mjs';

const SIZES = [25_000, 50_000, 100_000];

/** A tool call whose arguments are the text; `#` in a part is a number that is another each time. */
function argumentsOf(open, part, close = '') {
  return (size) => {
    const [before, after] = JSON.stringify(call('hello', '#')).split('"#"');
    return `${before}${open}${repeat(part, size - before.length - after.length)}${close}${after}`;
  };
}

function repeat(part, room) {
  let text = '';
  for (let i = 0; text.length + part.length <= room; i++) text += part.replaceAll('#', i);
  return text.endsWith(',') ? text.slice(0, -1) : text;
}

/** A message of the method whose parameters hold a list or an object of many. */
function paramsOf(method, open, part, close) {
  return (size) => {
    const start = `{"jsonrpc":"2.0","id":1,"method":"${method}","params":${open}`;
    return `${start}${repeat(part, size - start.length - close.length)}${close}}`;
  };
}

const nest = (open, close, depth) => open.repeat(depth) + close.repeat(depth);

const BODIES = {
  'nested lists, 90 deep': argumentsOf('[', `${nest('[', ']', 90)},`, ']'),
  'nested objects, 90 deep': argumentsOf(
    '[',
    `${nest('{"a":', '}', 90).replace(':}', ':0}')},`,
    ']',
  ),
  'lists without an end': (size) => '['.repeat(size),
  'many members': argumentsOf('{', '"k#":0,', '}'),
  'many members, short': argumentsOf('{', '"#":0,', '}'),
  'many duplicates': argumentsOf('{', '"a":0,', '}'),
  'many __proto__': argumentsOf('{', '"__proto__":0,', '}'),
  'names that differ by case': argumentsOf('{', '"kK#":0,"Kk#":0,', '}'),
  'one long name': argumentsOf('{"', 'a', '":0}'),
  'one long string': argumentsOf('"', 'a', '"'),
  'many short strings': argumentsOf('[', '"a",', ']'),
  'escaped quotes': argumentsOf('"', '\\"', '"'),
  'escaped letters': argumentsOf('"', '\\u0061', '"'),
  'escaped surrogates': argumentsOf('"', '\\ud83d\\ude00', '"'),
  'letters past ASCII': argumentsOf('"', '\u00e9', '"'),
  emoji: argumentsOf('"', '\u{1f600}', '"'),
  'many numbers': argumentsOf('[', '0,', ']'),
  'many long numbers': argumentsOf('[', '1.7976931348623157e308,', ']'),
  'many objects': argumentsOf('[', '{},', ']'),
  'many literals': argumentsOf('[', 'true,', ']'),
  'white space': argumentsOf('[', ' ', ']'),
  'an error at its end': argumentsOf('[', '0,', ',]'),
  'resources to listen to': paramsOf(
    ...['subscriptions/listen', '{"notifications":{"resourceSubscriptions":['],
    ...['"notes://#",', ']}}'],
  ),
  'a long resource to read': paramsOf('resources/read', '{"uri":"notes://', '%61', '"}'),
  'a resource of many segments': paramsOf('resources/read', '{"uri":"notes://', 'a/', '"}'),
  'arguments of a completion': paramsOf(
    ...[
      'completion/complete',
      '{"ref":{"type":"ref/prompt","name":"hello"},"context":{"arguments":{',
    ],
    ...['"k#":"v",', '}}}'],
  ),
  'a long name of a tool': paramsOf('tools/call', '{"name":"', 'a', '"}'),
  'a long method': (size) => `{"jsonrpc":"2.0","id":1,"method":"${'a'.repeat(size - 40)}"}`,
  'a batch': (size) => `[${repeat(`${JSON.stringify(call('hello', {}))},`, size - 2)}]`,
};

/**
 * One escape makes every name suspect, since it may spell `__proto__`; and brackets in a string look
 * like depth. Then all members are looked at, which no reader can do for less than a loop over them.
 */
const ESCAPED = '"\\u0061"';
const BRACKETS = `"${'['.repeat(101)}"`;
const LOOKED_THROUGH = {
  'many members *': argumentsOf(`{"":${ESCAPED},`, '"k#":0,', '}'),
  'many members, numbers *': argumentsOf(`{"":${ESCAPED},`, '"#":0,', '}'),
  'many members beside brackets *': argumentsOf(`{"":${BRACKETS},`, '"k#":0,', '}'),
  'many lists in members *': argumentsOf(`{"":${ESCAPED},`, '"k#":[],', '}'),
  'many empty objects *': argumentsOf(`[${ESCAPED},`, '{},', ']'),
  'many small objects *': argumentsOf(`[${ESCAPED},`, '{"a":0,"b":0},', ']'),
  'many numbers *': argumentsOf(`[${ESCAPED},`, '0,', ']'),
};

export async function bodies({ rounds }) {
  const route = mcpGate(verifierOf([await makeKey('ES256', 'bench')])).route();
  const headers = { 'content-type': 'application/json' };
  const decide = (bytes) => async () => route.decide(request('POST', '/mcp', headers, bytes));
  const all = { ...BODIES, ...LOOKED_THROUGH };
  const names = Object.keys(all);
  const texts = names.flatMap((name) =>
    SIZES.map((size) => ({ name, text: Buffer.from(all[name](size)) })),
  );
  const plain = PLAIN.map((body) => Buffer.from(body));
  const pairs = texts.map(({ name, text }) => [
    decide(text),
    Object.hasOwn(LOOKED_THROUGH, name) ? lookThroughOf(text) : parseOf(text),
  ]);
  const pairsOfPlain = plain.map((body) => [decide(body), parseOf(body)]);
  const measured = await lowestOfPairs([...pairsOfPlain, ...pairs], rounds);
  const found = measured.slice(plain.length);
  // Subtract what a request costs with any body. Writing the refusal belongs to that.
  const bases = new Map();
  for (const [index, body] of plain.entries()) {
    bases.set(outcomeOf(await decide(body)()), measured[index][0]);
  }
  const outcomes = [];
  for (const name of names) {
    const last = Buffer.from(all[name](SIZES.at(-1)));
    outcomes.push(outcomeOf(await decide(last)()));
  }
  const rows = names.map((what, index) => {
    const at = (side) => SIZES.map((_unused, size) => found[index * SIZES.length + size][side]);
    const cpu = at(0);
    const parsed = at(1);
    const parsing = parsed.at(-1);
    const ratio = Math.max(0, cpu.at(-1) - (bases.get(outcomes[index]) ?? 0)) / parsing;
    const growth = growthOf(cpu, parsed);
    const isMet = growth <= TARGETS.growth && cpu.at(-1) <= TARGETS.cpu && ratio <= TARGETS.parse;
    const seen = `${milliseconds(cpu.at(-1))} ms, growth ${times(growth)}, ${times(ratio)} JSON.parse`;
    return { what: `body: ${what}`, cpu, parsing, ratio, growth, isMet, seen };
  });
  table(
    'bodies, direct calls; JSON.parse(bytes.toString()) beside them, in rows with * and a loop over all\n' +
      `  members (plain requests, ${[...bases].map(([what, ms]) => `${what}: ${milliseconds(ms)} ms`).join(', ')})`,
    ...[
      ['', '25 kB', '50 kB', '100 kB', 'growth', 'JSON.parse', 'ratio', `<= ${TARGETS.parse} x`],
      rows
        .toSorted(byRatio)
        .map(({ what, cpu, parsing, ratio, growth, isMet }) => [
          ...[what, ...cpu.map(milliseconds), times(growth), milliseconds(parsing), times(ratio)],
          verdict(isMet),
        ]),
    ],
  );
  return rows;
}

/** Short bodies, one for each outcome that the others have. */
const PLAIN = [
  JSON.stringify(call('hello', {})),
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'a' }),
  '[]',
];

const outcomeOf = (decision) => (decision.allowed ? 'allowed' : String(decision.status));

const byRatio = (a, b) => b.ratio - a.ratio;

/** Keeps the document for a moment, as its handler would. */
function parseOf(bytes) {
  return async () => {
    try {
      return await JSON.parse(bytes.toString());
    } catch {
      return undefined;
    }
  };
}

function lookThroughOf(bytes) {
  return async () => lookThrough(JSON.parse(bytes.toString()));
}

/** The least that finds every object. */
function lookThrough(value) {
  let count = 1;
  if (Array.isArray(value)) {
    for (const member of value) {
      if (typeof member === 'object' && member !== null) count += lookThrough(member);
    }
    return count;
  }
  for (const name in value) {
    const member = value[name];
    if (typeof member === 'object' && member !== null) count += lookThrough(member);
  }
  return count;
}
