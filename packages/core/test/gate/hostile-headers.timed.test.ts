import { expect, test } from 'vitest';
import type { Decision, GateRequest, Reply } from '../../src/index.js';
import { growthOf } from '../support/linear.js';
import { callTool, notesGate } from '../support/mcp.js';

/** Every header that a gate reads, and starts of values that lead readers on. */
const HEADERS: Readonly<Record<string, readonly string[]>> = {
  authorization: ['', 'Bearer', 'Bearer a', 'Basic a', 'Digest a="'],
  'content-type': ['', 'application/json', 'application/json;', 'application/json;charset='],
  'content-encoding': ['', 'identity', 'gzip,'],
  'content-length': ['', '1'],
  'transfer-encoding': ['', 'chunked'],
  origin: ['', 'https://app.example.com'],
  'access-control-request-method': ['', 'POST'],
  'mcp-protocol-version': ['', '2026-07-28'],
  'mcp-method': ['', 'tools/call'],
  'mcp-name': ['', 'read_notes', '=?base64?'],
  'if-none-match': ['', 'W/"', '*'],
};

const PARTS = [
  ...[' ', '\t', '"', ',', '\\', '=', ';', '/', '+', '.', '-', ':', '?', '%', '*', '{', '('],
  ...['a', '1', '\u00e9', ' ;', '; ', ', ', '",', '\\"', 'a=', '=a;', ' \t', ';charset=', 'W/"a",'],
];

const ENDS = ['', 'x', '?='];

const options = { cors: { origins: ['https://app.example.com'] }, clock: () => 1e12 };
const gate = notesGate({}, options);
const strict = notesGate({}, { ...options, allowedOrigins: ['https://app.example.com'] });
const BYTES = new TextEncoder().encode(JSON.stringify(callTool('read_notes')));
const GOOD: Readonly<Record<string, string>> = {
  authorization: 'Bearer notes.read',
  'content-type': 'application/json',
};

/** Everything that the headers may lead to. */
async function askAll(
  hostile: Readonly<Record<string, string>>,
  seen?: Set<string>,
): Promise<readonly unknown[]> {
  const all: Readonly<Record<string, string>> = { ...GOOD, ...hostile };
  const get = (name: string): string | null => {
    seen?.add(name);
    return all[name] ?? null;
  };
  const request = (method: string): GateRequest => ({
    ...{ method, url: '/mcp', headers: { get } },
    readBody: async () => ({
      bytes: BYTES,
      contentType: get('content-type'),
      contentEncoding: get('content-encoding'),
    }),
  });
  const metadata = { ...request('GET'), url: '/.well-known/oauth-protected-resource/mcp' };
  return Promise.all<Decision | Reply | undefined>([
    gate.check(request('POST')),
    gate.check({ ...request('POST'), readBody: async () => ({ parsed: callTool('read_notes') }) }),
    gate.check(request('GET')),
    gate.check(request('OPTIONS')),
    strict.check(request('POST')),
    gate.metadata.respond(metadata),
  ]);
}

test('the table has every header that a gate reads [T180]', async () => {
  const seen = new Set<string>();
  await askAll({}, seen);
  await askAll({ origin: 'https://app.example.com' }, seen);
  expect([...seen].toSorted()).toEqual(Object.keys(HEADERS).toSorted());
});

const LARGE = 16 * 1024;
const REQUESTS = 6;

test.each(Object.entries(HEADERS))(
  '%s: 16 KiB of anything cost a request less than 5 ms, and at most 9 times what 4 KiB cost [AH-12, T50, T180]',
  { timeout: 60_000 },
  async (name, starts) => {
    const values = starts.flatMap((start) =>
      PARTS.flatMap((part) => ENDS.map((end) => [start, part, end] as const)),
    );
    for (const [start, part, end] of values) {
      const make = (length: number): string => {
        const room = length - start.length - end.length;
        return start + part.repeat(room / part.length + 1).slice(0, room) + end;
      };
      const [small, large] = [make(LARGE / 4), make(LARGE)];
      const growth = await growthOf((whole) => askAll({ [name]: whole ? large : small }), {
        large: 5 * REQUESTS,
        ratio: 9,
      });
      const what = JSON.stringify([start, part, end]);
      expect(growth.large, what).toBeLessThanOrEqual(5 * REQUESTS);
      expect(growth.ratio, what).toBeLessThanOrEqual(9);
    }
  },
);

test('a token of 16 KiB reaches its verifier, whatever surrounds it [AH-12, T180]', async () => {
  const seen: string[] = [];
  const watched = notesGate({}, { verifier: (token) => void seen.push(token) });
  const token = `${'a'.repeat(8000)}${'='.repeat(8000)}`;
  const get = (name: string): string | null =>
    name === 'authorization' ? `Bearer ${token}` : null;
  await watched.check({ method: 'GET', url: '/mcp', headers: { get } });
  expect(seen).toEqual([token]);
});
