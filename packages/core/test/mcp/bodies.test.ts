/** What an adapter hands over as the body of a request, and how it is answered. */
import { describe, expect, test } from 'vitest';
import { anyOf, authenticated } from '../../src/index.js';
import type { Decision, GateRequest } from '../../src/index.js';
import { RESOURCE, callTool, notesGate, rpc } from '../support/mcp.js';

const LIMIT = 300;
const gate = notesGate({ otherMethods: authenticated() }, { bodyLimit: LIMIT });
const PING = JSON.stringify(rpc('ping'));
const JSON_TYPE = 'application/json';

/** The status and message of the answer; `allowed` for an operation that may run. */
async function answerTo(
  readBody: GateRequest['readBody'],
  { method = 'POST', ...fields }: Record<string, string> = {},
): Promise<string> {
  const headers = new Headers({ authorization: 'Bearer notes.read', ...fields });
  const one = { method, url: RESOURCE, headers, ...(readBody !== undefined && { readBody }) };
  const decision: Decision = await gate.decide(one);
  if (decision.allowed) return 'allowed';
  const { error } = JSON.parse(decision.body) as { error: { code: number; message: string } };
  return `${decision.status} ${error.code} ${error.message}`;
}

const raw = (bytes: unknown, contentType: unknown = JSON_TYPE, contentEncoding?: unknown) =>
  (() => ({ bytes, contentType, contentEncoding })) as GateRequest['readBody'];
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const padded = (length: number, character = ' '): string => {
  const text = `${PING.slice(0, -1)},"x":""}`;
  return text.replace('""', `"${character.repeat(length - text.length)}"`);
};

const UNREADABLE = '400 -32700 The body could not be read';
const TYPE = '415 415 Send application/json in UTF-8';
const TOO_LARGE = `413 413 The body is larger than ${LIMIT} bytes`;

describe('a body of a POST', () => {
  test.each<readonly [what: string, readBody: GateRequest['readBody'], answer: string]>([
    ['text', raw(PING), 'allowed'],
    ['bytes', raw(utf8(PING)), 'allowed'],
    [
      'a promise',
      async () => ({ bytes: PING, contentType: JSON_TYPE, contentEncoding: null }),
      'allowed',
    ],
    ['no way to read it', undefined, '400 -32700 The body is missing'],
    ['nothing in it', raw(''), '400 -32700 The body is missing'],
    ['no bytes in it', raw(new Uint8Array()), '400 -32700 The body is missing'],
    [
      'bytes that are no UTF-8',
      raw(new Uint8Array([0x22, 0xff, 0x22])),
      '400 -32700 The body is not UTF-8',
    ],
    ['a byte order mark', raw(utf8(`\uFEFF${PING}`)), '400 -32700 The body is not JSON'],
    ['no JSON', raw('{'), '400 -32700 The body is not JSON'],
    ['nothing', (() => undefined) as never, UNREADABLE],
    ['null', (() => null) as never, UNREADABLE],
    ['a number', (() => 7) as never, UNREADABLE],
    ['neither bytes nor a document', (() => ({ contentType: JSON_TYPE })) as never, UNREADABLE],
    ['bytes that are a number', raw(7), UNREADABLE],
    ['a throw', () => expect.fail('x'), UNREADABLE],
    ['a rejection', () => Promise.reject(new Error('x')), UNREADABLE],
    ['what the adapter found too large', (() => ({ tooLarge: true })) as never, TOO_LARGE],
    ['as many bytes as allowed', raw(utf8(padded(LIMIT))), 'allowed'],
    ['a byte more', raw(utf8(padded(LIMIT + 1))), TOO_LARGE],
    ['a text of as many bytes as allowed', raw(padded(LIMIT)), 'allowed'],
    ['a text with a byte more', raw(padded(LIMIT + 1)), TOO_LARGE],
    ['a shorter text, with more bytes in UTF-8', raw(padded(LIMIT - 1, '€')), TOO_LARGE],
  ])('%s', async (_what, readBody, answer) => {
    expect(await answerTo(readBody)).toBe(answer);
  });

  test.each<readonly [contentType: unknown, answer: string]>([
    ['application/json', 'allowed'],
    ['Application/JSON', 'allowed'],
    [' application/json ', 'allowed'],
    ['application/json;charset=utf-8', 'allowed'],
    ['application/json; charset="UTF-8"', 'allowed'],
    ['application/json ; Charset = utf8 ;', 'allowed'],
    ['application/json;charset=utf-8;charset=utf-8', 'allowed'],
    ['application/json;charset=latin1', TYPE],
    ['application/json;charset=utf-8;charset=latin1', TYPE],
    ['application/json;charset', TYPE],
    ['application/json;charset=utf-8=x', TYPE],
    ['application/json;version=utf-8', TYPE],
    ['application/json;stryker was here!', TYPE],
    ['application/jsonp', TYPE],
    ['text/plain', TYPE],
    ['text/plain;application/json', TYPE],
    ['', TYPE],
    [null, TYPE],
    [undefined, TYPE],
  ])('its type is %j', async (contentType, answer) => {
    expect(await answerTo(raw(PING, contentType ?? null))).toBe(answer);
    // A parser of a framework may have read it: then the header says what it read.
    const fields = typeof contentType === 'string' ? { 'content-type': contentType } : undefined;
    expect(await answerTo(() => ({ parsed: rpc('ping') }), fields)).toBe(answer);
  });

  test.each<readonly [contentEncoding: unknown, isRead: boolean]>([
    [undefined, true],
    [null, true],
    ['', true],
    ['identity', true],
    [' Identity ', true],
    ['gzip', false],
    [' BR', false],
    ['identity, gzip', false],
  ])('its encoding is %j', async (contentEncoding, isRead) => {
    const answer = isRead ? 'allowed' : '415 415 Send the body unencoded';
    expect(await answerTo(raw(PING, JSON_TYPE, contentEncoding))).toBe(answer);
  });

  test('without a type, it is refused for that', async () => {
    expect(await answerTo(() => ({ bytes: PING }) as never)).toBe(TYPE);
  });

  test('one that does not arrive in time is a 408, and its reader is told', async () => {
    const slow = notesGate({}, { bodyTimeout: 10, bodyLimit: LIMIT });
    const told: unknown[] = [];
    const headers = new Headers({ authorization: 'Bearer notes.read' });
    const readBody: GateRequest['readBody'] = (limits) => {
      told.push(limits.maxBytes, limits.signal.aborted);
      limits.onEnd(() => told.push('ended'));
      limits.signal.addEventListener('abort', () => told.push('aborted'));
      return new Promise(() => undefined);
    };
    const decision = await slow.decide({ method: 'POST', url: RESOURCE, headers, readBody });
    expect(decision).toMatchObject({ allowed: false, status: 408, reason: 'body_timeout' });
    expect(decision).toMatchObject({
      body: expect.stringContaining('The body did not arrive in time') as string,
    });
    expect(new Set(told)).toEqual(new Set([LIMIT, false, 'ended', 'aborted']));
  });
});

test.each<readonly [body: string, message: string, id: unknown]>([
  ['7', 'The body is not a JSON-RPC message', null],
  ['null', 'The body is not a JSON-RPC message', null],
  ['"ping"', 'The body is not a JSON-RPC message', null],
  ['[]', 'Send one JSON-RPC message, not a batch', null],
  [`[${PING}]`, 'Send one JSON-RPC message, not a batch', null],
  ['[{"__proto__":{}}]', 'Send one JSON-RPC message, not a batch', null],
  ['{"id":1,"method":"ping"}', 'The body is not a JSON-RPC 2.0 message', 1],
  ['{"jsonrpc":"1.0","id":"a","method":"ping"}', 'The body is not a JSON-RPC 2.0 message', 'a'],
  ['{"jsonrpc":"2.0","id":1}', 'The message has no method', 1],
  ['{"jsonrpc":"2.0","id":{},"params":{}}', 'The message has no method', null],
  ['{"jsonrpc":"2.0","id":1,"method":7}', 'The method is not a string', 1],
  ['{"jsonrpc":"2.0","id":1,"method":null}', 'The method is not a string', 1],
  ['{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', 'The params are no object', 1],
  ['{"jsonrpc":"2.0","id":1,"method":"ping","params":null}', 'The params are no object', 1],
  ['{"jsonrpc":"2.0","id":1,"method":"ping","params":"x"}', 'The params are no object', 1],
])('%s is no message: %s', async (body, message, id) => {
  const headers = new Headers({ authorization: 'Bearer notes.read' });
  const readBody = raw(body) as NonNullable<GateRequest['readBody']>;
  const decision = await gate.decide({ method: 'POST', url: RESOURCE, headers, readBody });
  if (decision.allowed) throw new Error('expected a refusal');
  expect(decision).toMatchObject({ status: 400, reason: 'invalid_body' });
  const data = { error: 'invalid_request', error_description: message };
  const error = { code: -32600, message, data };
  expect(JSON.parse(decision.body)).toEqual({ jsonrpc: '2.0', id, error });
});

test.each(['result', 'error'])(
  'a response with its %s is a message of its own kind',
  async (member) => {
    const headers = new Headers({ authorization: 'Bearer notes.read' });
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, [member]: {} });
    const readBody = raw(body) as NonNullable<GateRequest['readBody']>;
    // Of a client of 2026-07-28, which names the method of each of its calls in a header: a response has none.
    headers.set('mcp-protocol-version', '2026-07-28');
    const decision = await gate.decide({ method: 'POST', url: RESOURCE, headers, readBody });
    expect(decision).toMatchObject({ allowed: true });
  },
);

describe('the id of a call whose members could become a prototype', () => {
  test.each<readonly [id: string, answered: unknown]>([
    ['7', 7],
    ['"a"', 'a'],
    ['""', ''],
    ['true', null],
    ['[7]', null],
    ['null', null],
  ])('%s is answered as %j', async (id, answered) => {
    const body = `{"jsonrpc":"2.0","id":${id},"method":"ping","__proto__":{}}`;
    const headers = new Headers({ authorization: 'Bearer notes.read' });
    const readBody = raw(body) as NonNullable<GateRequest['readBody']>;
    const decision = await gate.decide({ method: 'POST', url: RESOURCE, headers, readBody });
    if (decision.allowed) throw new Error('expected a refusal');
    expect(JSON.parse(decision.body)).toMatchObject({
      id: answered,
      error: { code: -32600, message: 'A member of the body would become a prototype' },
    });
  });
});

describe.each(['GET', 'DELETE'])('a body of a %s', (method) => {
  const UNWANTED = '400 -32600 This request must not have a body';
  test.each<
    readonly [
      what: string,
      readBody: GateRequest['readBody'],
      fields: Record<string, string>,
      answer: string,
    ]
  >([
    ['none', undefined, {}, 'allowed'],
    ['a length of zero', undefined, { 'content-length': '0' }, 'allowed'],
    ['a length', undefined, { 'content-length': '5' }, UNWANTED],
    ['chunks', undefined, { 'transfer-encoding': 'chunked' }, UNWANTED],
    [
      'chunks and a length',
      undefined,
      { 'transfer-encoding': 'chunked', 'content-length': '0' },
      UNWANTED,
    ],
    ['an empty text', raw(''), {}, 'allowed'],
    ['no bytes', raw(new Uint8Array()), {}, 'allowed'],
    ['no bytes, later', async () => ({ bytes: new Uint8Array() }) as never, {}, 'allowed'],
    ['bytes', raw(PING), {}, UNWANTED],
    ['bytes, later', async () => ({ bytes: PING }) as never, {}, UNWANTED],
    ['a document', () => ({ parsed: {} }), {}, UNWANTED],
    ['nothing that is known', (() => undefined) as never, {}, UNREADABLE],
    ['a throw', () => expect.fail('x'), {}, UNREADABLE],
    ['a rejection', () => Promise.reject(new Error('x')), {}, UNREADABLE],
    ['too much of it', (() => ({ tooLarge: true })) as never, {}, TOO_LARGE],
  ])('%s', async (_what, readBody, fields, answer) => {
    expect(await answerTo(readBody, { method, ...fields })).toBe(answer);
  });
});

test('a call is read as it is, with everything that JSON can hold', async () => {
  const text = JSON.stringify(
    callTool('read_notes', {
      text: 'a "quoted" \\ word, [ and {',
      list: [[], {}, [{}], null, 1.5],
    }),
  );
  const open = notesGate({ tools: { read_notes: anyOf('notes:read') } });
  const headers = new Headers({ authorization: 'Bearer notes.read' });
  const readBody = raw(text) as NonNullable<GateRequest['readBody']>;
  const decision = await open.decide({ method: 'POST', url: RESOURCE, headers, readBody });
  expect(decision).toMatchObject({ allowed: true, body: JSON.parse(text) as object });
});

test('a body that is too large is refused for that', async () => {
  const headers = new Headers({ authorization: 'Bearer notes.read' });
  const readBody = raw(padded(LIMIT + 1)) as NonNullable<GateRequest['readBody']>;
  const decision = await gate.decide({ method: 'POST', url: RESOURCE, headers, readBody });
  expect(decision).toMatchObject({ allowed: false, status: 413, reason: 'body_too_large' });
});

test.each(['true', 'false', 'null', '"}]"', '1e5', 'true,false,null'])(
  'a body that nests deeper than 100 levels is refused, with %s on each of them [T29]',
  async (value) => {
    const roomy = notesGate({ otherMethods: authenticated() });
    const nested = (levels: number): string =>
      `{"jsonrpc":"2.0","id":1,"method":"x","params":${`{"a":[${value},`.repeat(levels)}1${']}'.repeat(levels)}}`;
    const headers = new Headers({ authorization: 'Bearer notes.read' });
    const ask = async (levels: number): Promise<unknown> => {
      const readBody = raw(nested(levels)) as NonNullable<GateRequest['readBody']>;
      return roomy.decide({ method: 'POST', url: RESOURCE, headers, readBody });
    };
    expect(await ask(49)).toMatchObject({ allowed: true });
    expect(await ask(50)).toMatchObject({ allowed: false, status: 400, reason: 'invalid_body' });
    expect(await ask(400)).toMatchObject({ allowed: false, status: 400, reason: 'invalid_body' });
  },
);

test('a response that is refused is answered with its id', async () => {
  const strict = notesGate({ floor: 'notes:write' });
  const headers = new Headers({ authorization: 'Bearer notes.read' });
  const readBody = raw('{"jsonrpc":"2.0","id":7,"result":{}}') as NonNullable<
    GateRequest['readBody']
  >;
  const decision = await strict.decide({ method: 'POST', url: RESOURCE, headers, readBody });
  if (decision.allowed) throw new Error('expected a refusal');
  expect(decision).toMatchObject({ status: 403, reason: 'insufficient_scope' });
  expect(JSON.parse(decision.body)).toMatchObject({ jsonrpc: '2.0', id: 7 });
});

test('a batch that a framework has parsed is refused as one that is text', async () => {
  const fields = { 'content-type': JSON_TYPE };
  const refusal = '400 -32600 Send one JSON-RPC message, not a batch';
  expect(await answerTo(() => ({ parsed: [rpc('ping')] }), fields)).toBe(refusal);
  expect(await answerTo(() => ({ parsed: [] }), fields)).toBe(refusal);
  expect(await answerTo(raw(`[${PING}]`))).toBe(refusal);
});
