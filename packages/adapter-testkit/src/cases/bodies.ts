/**
 * Bodies that are no JSON, or not labelled as such.
 *
 * @module
 */
import { AFTER, READ, call, rpcError, unauthorized } from './case.js';
import type { ProvingCase } from './case.js';

const BOM = new Uint8Array([0xef, 0xbb, 0xbf]);
const text = JSON.stringify(READ);
const bytes = new TextEncoder().encode(text);
const notJson = rpcError(400, 'invalid_body', -32700, 'The body is not JSON');
const missing = rpcError(400, 'invalid_body', -32700, 'The body is missing');
const unencoded = rpcError(415, 'unsupported_body', 415, 'Send the body unencoded');
const notUtf8Json = rpcError(415, 'unsupported_body', 415, 'Send application/json in UTF-8');

/** What a parser in front of the gate would answer in its own way. */
export const BODIES: readonly ProvingCase[] = (
  [
    ['no body', '[T30]', undefined, missing],
    ['an empty body', '[T30]', '', missing],
    ['half a body', '[T30]', text.slice(0, -1), notJson],
    ['two documents', '[T30]', `${text}\n${text}`, notJson],
    ['a comment', '[T30]', `${text} // ok`, notJson],
    ['a byte order mark', '[T27]', new Uint8Array([...BOM, ...bytes]), notJson],
    ['UTF-16', '[T27]', new Uint8Array(Buffer.from(text, 'utf16le')), notJson],
    [
      'bytes that are no UTF-8',
      '[T27]',
      new Uint8Array(Buffer.from(text.replace('read', 're\u00e9d'), 'latin1')),
      rpcError(400, 'invalid_body', -32700, 'The body is not UTF-8'),
    ],
    [
      'an overlong sequence',
      '[T27]',
      new Uint8Array([...bytes.subarray(0, 2), 0xc0, 0xaf, ...bytes.subarray(2)]),
      rpcError(400, 'invalid_body', -32700, 'The body is not UTF-8'),
    ],
    [
      'a hundred and one levels',
      '[T29]',
      JSON.stringify(call('read_notes')).replace('{}', `${'['.repeat(99)}${']'.repeat(99)}`),
      rpcError(400, 'invalid_body', -32700, 'The body nests deeper than 100'),
    ],
  ] as const
).map(([name, ids, body, expected]) => ({
  name,
  ids,
  token: 'admin',
  ...(body !== undefined && { body }),
  parsers: AFTER,
  expected,
}));

/** How a body is labelled decides whether it is read at all. */
export const LABELS: readonly ProvingCase[] = [
  ...(
    [
      ['gzip', '[T26]', [['Content-Encoding', 'gzip']], unencoded],
      ['br, in capitals', '[T26]', [['Content-Encoding', 'BR']], unencoded],
      ['two codings', '[T26]', [['Content-Encoding', 'gzip, gzip']], unencoded],
      ['identity', '[T26]', [['Content-Encoding', 'identity']], { runs: ['read_notes'] }],
      ['text/plain', '[T28]', [['Content-Type', 'text/plain']], notUtf8Json],
      ['a form', '[T28]', [['Content-Type', 'application/x-www-form-urlencoded']], notUtf8Json],
      [
        'something that ends in json',
        '[T28]',
        [['Content-Type', 'application/x-json']],
        notUtf8Json,
      ],
      ['UTF-16', '[T27, T28]', [['Content-Type', 'application/json; charset=utf-16']], notUtf8Json],
      ['UTF-7', '[T27, T28]', [['Content-Type', 'application/json; charset=utf-7']], notUtf8Json],
      [
        'UTF-8',
        '[T28]',
        [['Content-Type', 'application/json; charset=UTF-8']],
        { runs: ['read_notes'] },
      ],
      [
        'UTF-8, quoted',
        '[T28]',
        [['Content-Type', 'Application/JSON;charset="utf-8"']],
        { runs: ['read_notes'] },
      ],
      [
        'UTF-8 with white space, and an empty parameter',
        '[T28]',
        [['Content-Type', 'application/json ; charset = utf-8 ;']],
        { runs: ['read_notes'] },
      ],
      [
        'UTF-8, half quoted',
        '[T28]',
        [['Content-Type', 'application/json;charset="utf-8']],
        notUtf8Json,
      ],
      [
        'UTF-8 and UTF-7',
        '[T27, T28]',
        [['Content-Type', 'application/json;charset=utf-8;charset=utf-7']],
        notUtf8Json,
      ],
      [
        'UTF-8 twice over',
        '[T27, T28]',
        [['Content-Type', 'application/json;charset=utf-8=utf-8']],
        notUtf8Json,
      ],
      [
        'another parameter',
        '[T28]',
        [['Content-Type', 'application/json;profile=utf-8']],
        notUtf8Json,
      ],
      [
        'a parameter without a value',
        '[T28]',
        [['Content-Type', 'application/json;charset']],
        notUtf8Json,
      ],
    ] as const
  ).map(([name, ids, headers, expected]): ProvingCase => ({
    name,
    ids,
    token: 'reader',
    headers,
    body: text,
    parsers: ['absent'],
    expected,
  })),
  {
    name: 'chunks',
    ids: '[T29]',
    token: 'reader',
    headers: [
      ['Transfer-Encoding', 'chunked'],
      ['Content-Type', 'application/json'],
    ],
    body: `5\r\n${text.slice(0, 5)}\r\n${(text.length - 5).toString(16)}\r\n${text.slice(5)}\r\n0\r\n\r\n`,
    expected: { runs: ['read_notes'] },
  },
  {
    name: 'larger than the limit',
    ids: '[T29]',
    target: '/tight',
    token: 'reader',
    body: call('read_notes', { pad: 'x'.repeat(1000) }),
    parsers: AFTER,
    expected: rpcError(413, 'body_too_large', 413, 'The body is larger than 1000 bytes'),
  },
  {
    name: 'larger than the limit, without a token',
    ids: '[T29]',
    target: '/tight',
    body: call('read_notes', { pad: 'x'.repeat(1000) }),
    parsers: AFTER,
    expected: unauthorized,
  },
];
