/** The upstream's parser must not read another message than the one that was evaluated. */
import { describe, expect, test } from 'vitest';
import { DONE, callTool, json, startFront, startUpstream } from './support.js';

/** The gate reads `read_notes`; another parser may read `add_note`. */
const AMBIGUOUS = [
  [
    'first wins',
    '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"add_note","name":"read_notes"}}',
  ],
  ['two methods', '{"jsonrpc":"2.0","id":7,"method":"tools/call","method":"ping"}'],
  [
    'two params',
    '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"add_note"},"params":{"name":"read_notes"}}',
  ],
  [
    'escaped',
    '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"n\\u0061me":"add_note","name":"read_notes"}}',
  ],
  [
    'deep in arguments',
    '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read_notes","arguments":{"a":[{"b":1,"b":2}]}}}',
  ],
  ['a prototype twice', '{"jsonrpc":"2.0","id":7,"method":"ping","__proto__":1,"__proto__":2}'],
  [
    'another case',
    '{"jsonrpc":"2.0","id":7,"method":"ping","Method":"tools/call","params":{"name":"add_note"}}',
  ],
  [
    'another case alone',
    '{"jsonrpc":"2.0","id":7,"method":"subscriptions/listen","params":{"Notifications":{"resourceSubscriptions":["notes://secret"]}}}',
  ],
  [
    'another case below',
    '{"jsonrpc":"2.0","id":7,"method":"subscriptions/listen","params":{"notifications":{"resourcesubscriptions":["notes://secret"]}}}',
  ],
  [
    'a long s',
    '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read_notes"},"param\u017f":{"name":"add_note"}}',
  ],
] as const;

test.each(AMBIGUOUS)('%s: 400, and nothing is sent upstream', async (_what, body) => {
  const upstream = await startUpstream((_req, res) => json(res, DONE));
  const { url } = await startFront(upstream.url);
  const answer = await callTool(url, '', { body });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ jsonrpc: '2.0', id: 7, error: { code: -32600 } });
  expect(upstream.received).toEqual([]);
});

describe('unambiguous messages are forwarded', () => {
  test.each([
    ['arguments in two cases', '{"a":1,"A":2,"Name":"x","method":"y"}'],
    ['colons and quotes in strings', '{"a:b":"c:\\"d:","\\\\":"e\\\\","{":["}:"]}'],
    ['a quote in a string', '{"x\\"::":1}'],
    ['the same name in other objects', '{"a":{"a":{"a":[{"a":1},{"a":2}]}}}'],
    ['numbers that JavaScript cannot hold', '{"n":123456789012345678901234567890}'],
  ])('%s', async (_what, args) => {
    const upstream = await startUpstream((_req, res) => json(res, DONE));
    const { url } = await startFront(upstream.url);
    const body = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read_notes","arguments":${args}}}`;
    expect((await callTool(url, '', { body })).status).toBe(200);
    expect(upstream.received.map((one) => one.body)).toEqual([body]);
  });
});
