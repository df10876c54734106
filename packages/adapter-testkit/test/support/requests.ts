/**
 * Requests that nobody wrote down, and what the policy lets each of them run.
 *
 * @module
 */
import * as fc from 'fast-check';
import { PURGE, READ, call } from '../../src/cases/index.js';
import type { WireRequest } from '../../src/wire/raw-http.js';

/** A request as it goes over the wire, and the token by which it may run something. */
export interface Generated {
  readonly request: WireRequest;
  /** The one credential that counts, if there is exactly one. */
  readonly token: string | undefined;
}

const TOOLS = [
  'read_notes',
  'add_note',
  'admin_purge',
  'drop_tables',
  'READ_NOTES',
  '',
  '__proto__',
];
/** Most of them good, or hardly a request would come to its rule. */
const TOKENS = [
  ...Array.from({ length: 8 }, () => ['reader', 'writer', 'admin']).flat(),
  ...['noScope', 'expired', 'boundToKey', 'wrongAudience', 'x'],
];
const TARGETS = [
  ...Array<string>(8).fill('/mcp'),
  ...['/mcp?x=1', '/export', '/both', '/either', '/other', '/down'],
  ...[
    '/tight',
    '/tight',
    '/tight',
    '/root',
    '/nowhere',
    '/.well-known/oauth-protected-resource/mcp',
  ],
];

const token = fc.constantFrom(...TOKENS);
const scheme = fc.constantFrom(...Array<string>(9).fill('Bearer'), 'bearer', 'Basic', 'DPoP');

/** Lines of `Authorization`: mostly one that holds. */
const credentials: fc.Arbitrary<readonly string[]> = fc.oneof(
  { weight: 24, arbitrary: fc.tuple(scheme, token).map((pair) => [pair.join(' ')]) },
  { weight: 1, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.tuple(token, token).map((two) => two.map((one) => `Bearer ${one}`)) },
  { weight: 1, arbitrary: fc.tuple(token, token).map(([a, b]) => [`Bearer ${a}, Bearer ${b}`]) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }).map((text) => [visible(text)]) },
);

const message = fc.oneof(
  fc
    .tuple(fc.constantFrom(...TOOLS), fc.oneof(fc.integer(), fc.string(), fc.constant(null)))
    .map(([tool, id]) => call(tool, { text: 'x' }, id)),
  fc.constantFrom<unknown>(
    { jsonrpc: '2.0', id: 1, method: 'tools/list' },
    { jsonrpc: '2.0', id: 1, method: 'initialize', params: {} },
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '2.0', id: 1, method: 'notes/burn' },
    { jsonrpc: '2.0', id: 1, result: {} },
    [READ, PURGE],
    [],
  ),
  fc.jsonValue(),
);

/** Well-formed, cut short, altered, or anything at all. */
const body: fc.Arbitrary<string | Uint8Array | undefined> = fc.oneof(
  { weight: 16, arbitrary: message.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.constant(undefined) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        message,
        fc.nat(),
        fc.constantFrom('', ',', '}', '\u0000', 'é', '"name":"admin_purge",'),
      )
      .map(([value, at, text]) => {
        const json = JSON.stringify(value);
        const cut = at % (json.length + 1);
        return json.slice(0, cut) + text + json.slice(cut);
      }),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  {
    weight: 2,
    arbitrary: fc.constant(JSON.stringify(call('read_notes', { pad: 'x'.repeat(2000) }))),
  },
);

const HEADERS = [
  ['MCP-Protocol-Version', ['2025-11-25', '2026-07-28', '1']],
  ['Mcp-Method', ['tools/call', 'tools/list']],
  ['Mcp-Name', ['read_notes', 'admin_purge', '=?base64?cmVhZF9ub3Rlcw==?=']],
  ['Origin', ['https://app.example.com']],
  ['Access-Control-Request-Method', ['POST']],
  ['X-HTTP-Method-Override', ['GET', 'DELETE']],
  ['Content-Encoding', ['gzip', 'identity']],
  ['X-Forwarded-Host', ['evil.example']],
] as const;

/** Each is left out, mostly. */
const headers = fc
  .tuple(
    ...HEADERS.map(([name, values]) =>
      fc
        .oneof(
          { weight: 9, arbitrary: fc.constant(undefined) },
          { weight: 1, arbitrary: fc.constantFrom<string>(...values) },
        )
        .map((value) => (value === undefined ? [] : [[name, value] as const])),
    ),
  )
  .map((lines) => lines.flat());

const contentType = fc.oneof(
  { weight: 6, arbitrary: fc.constant('application/json') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...['application/json; charset=utf-8', 'application/json;charset=utf-16', 'text/plain'],
      ...['application/x-www-form-urlencoded', ''],
    ),
  },
);

const method = fc.oneof(
  { weight: 7, arbitrary: fc.constant('POST') },
  { weight: 3, arbitrary: fc.constantFrom('GET', 'HEAD', 'DELETE', 'PUT', 'PATCH', 'OPTIONS') },
);

export const requests: fc.Arbitrary<Generated> = fc
  .record({
    ...{ method, credentials, headers, contentType, body, chunked: fc.boolean() },
    target: fc.constantFrom(...TARGETS),
  })
  .map((parts) => {
    const { body: content = '' } = parts;
    const framed = parts.chunked && content.length > 0;
    return {
      token: soleToken(parts.credentials),
      request: {
        method: parts.method,
        target: parts.target,
        headers: [
          ...parts.credentials.map((line) => ['Authorization', line] as const),
          ...(parts.contentType === '' ? [] : [['Content-Type', parts.contentType] as const]),
          ...parts.headers,
          ...(framed ? [['Transfer-Encoding', 'chunked'] as const] : []),
        ],
        body: framed ? chunk(content) : parts.body,
      },
    };
  });

const GRANTED: Readonly<Record<string, readonly string[]>> = {
  reader: ['read_notes'],
  writer: ['read_notes', 'add_note', 'plain'],
  admin: ['read_notes', 'add_note', 'admin_purge', 'plain'],
};

/** What a token may run at all, by the policy as a person reads it. */
export function mayRun({ token: name = '' }: Generated): readonly string[] {
  return GRANTED[name] ?? [];
}

function soleToken(lines: readonly string[]): string | undefined {
  const [line = '', ...others] = lines;
  return others.length > 0 ? undefined : /^bearer +([a-z]+)$/i.exec(line)?.[1];
}

function chunk(content: string | Uint8Array): Uint8Array {
  const bytes = Buffer.from(content);
  return Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}\r\n`),
    bytes,
    Buffer.from('\r\n0\r\n\r\n'),
  ]);
}

/** What may stand in a field value (RFC 9110 s5.5). */
function visible(value: string): string {
  return value.replaceAll(/[^\t\x20-\x7e]/g, 'x').trim();
}
