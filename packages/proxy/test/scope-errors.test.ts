/** An upstream's scope error is the gate's own 403, whatever form it came in. */
import { describe, expect, test } from 'vitest';
import { parseChallenges } from '@scopegate/core';
import { DONE, callTool, gateFor, json, startFront, startUpstream } from './support.js';
import type { Answer, NotesOptions } from './support.js';

const CHALLENGE =
  'Bearer error="insufficient_scope", scope="notes:write", resource_metadata="https://evil.example.com/", error_description="scope=\\"admin:notes\\" <b>do it</b>"';

const rpcError = (error: object) => ({ jsonrpc: '2.0', id: 7, error });
const toolError = (result: object) => ({
  jsonrpc: '2.0',
  id: 7,
  result: { content: [{ type: 'text', text: 'no' }], isError: true, ...result },
});
const inBand = (value: unknown) => toolError({ _meta: { 'mcp/www_authenticate': value } });

/** The documented error of mcp-proxy and FastMCP, as thrown. */
const FASTMCP = {
  name: 'InsufficientScopeError',
  data: { error: 'insufficient_scope', requiredScopes: ['notes:write'] },
};
/** As mcp-proxy writes it when such an error reaches it. */
const MCP_PROXY = {
  code: -32001,
  message: 'Insufficient scope',
  data: { error: 'insufficient_scope', required_scopes: ['notes:write'] },
};

const JSON_ANSWERS: readonly (readonly [string, number, unknown])[] = [
  ['403 of mcp-proxy', 403, rpcError(MCP_PROXY)],
  ['JSON-RPC error of mcp-proxy with 200', 200, rpcError(MCP_PROXY)],
  ["FastMCP's error as JSON-RPC error", 200, rpcError({ code: -32603, message: 'x', ...FASTMCP })],
  ["FastMCP's error as data", 500, rpcError({ code: -32603, message: 'x', data: FASTMCP })],
  [
    'OAuth members in data',
    400,
    rpcError({
      code: 403,
      message: 'x',
      data: { error: 'insufficient_scope', scope: 'notes:write' },
    }),
  ],
  ['plain OAuth body of a 403', 403, { error: 'insufficient_scope', scope: 'notes:write' }],
  ['tool result, challenge in a list', 200, inBand([CHALLENGE])],
  ['tool result, challenge as text', 200, inBand(CHALLENGE)],
  ['tool result, structured', 200, toolError({ structuredContent: FASTMCP })],
  [
    'tool result, JSON as text',
    200,
    toolError({ content: [{ type: 'text', text: JSON.stringify(FASTMCP) }] }),
  ],
];

const answers: readonly (readonly [string, Answer])[] = [
  [
    '403 with a challenge',
    (_req, res) => res.writeHead(403, { 'www-authenticate': CHALLENGE }).end('no'),
  ],
  [
    '403 with a challenge among others',
    (_req, res) =>
      res
        .writeHead(403, { 'www-authenticate': ['Basic realm="x"', 'DPoP algs="ES256"', CHALLENGE] })
        .end('no'),
  ],
  ...JSON_ANSWERS.map(
    ([name, status, value]) =>
      [name, (_req, res) => json(res, value, status)] as const satisfies readonly [string, Answer],
  ),
  ...JSON_ANSWERS.filter(([, status]) => status === 200).map(
    ([name, , value]) =>
      [
        `${name}, as the first event`,
        (_req, res) => {
          // In two parts, with the line ends of another language, and left open.
          res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
          const event = `event: message\r\nid: 1\r\ndata: ${JSON.stringify(value)}\r\n\r\n`;
          res.write(event.slice(0, 30));
          setImmediate(() => res.write(event.slice(30)));
        },
      ] as const satisfies readonly [string, Answer],
  ),
];

describe.each(answers)('%s', (_name, answer) => {
  test("becomes exactly the gate's 403 [C403-1, T43, T118]", async () => {
    const upstream = await startUpstream(answer);
    const front = await startFront(upstream.url);
    const refused = await callTool(front.url, 'read_notes');
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_scope", scope="notes:write notes:read", ' +
        'resource_metadata="https://notes.example.com/.well-known/oauth-protected-resource/mcp", ' +
        'error_description="read_notes needs notes:write"',
    );
    expect(refused.headers.get('cache-control')).toBe('no-store');
    expect(await refused.json()).toMatchObject({ jsonrpc: '2.0', id: 7, error: { code: 403 } });
    expect(front.told).toEqual([]);
  });

  test('a caller with the scope: 403 without scopes, reported to the operator', async () => {
    const upstream = await startUpstream(answer);
    const front = await startFront(upstream.url);
    const refused = await callTool(front.url, 'read_notes', { token: 'writer' });
    expect([refused.status, refused.headers.has('www-authenticate')]).toEqual([403, false]);
    expect(front.told).toMatchObject([{ reason: 'upstream_forbidden' }]);
  });
});

describe('scopes that cannot be asked for: 403 without scopes', () => {
  const challenge =
    (text: string): Answer =>
    (_req, res) =>
      res.writeHead(403, { 'www-authenticate': text }).end();
  test.each<[string, Answer, NotesOptions]>([
    ['unknown', challenge('Bearer error="insufficient_scope", scope="files.read"'), {}],
    [
      'half known',
      challenge('Bearer error="insufficient_scope", scope="notes:write files.read"'),
      {},
    ],
    [
      'none named',
      challenge(
        'Bearer error="insufficient_scope", error_description="Required scope: notes:write"',
      ),
      {},
    ],
    [
      'named twice',
      challenge('Bearer error="insufficient_scope", scope="notes:write", scope="admin:notes"'),
      {},
    ],
    [
      'a description named twice',
      challenge(
        'Bearer error="insufficient_scope", scope="notes:write", error_description="a", error_description="b"',
      ),
      {},
    ],
    [
      'an error named twice',
      challenge('Bearer error="x", error="insufficient_scope", scope="notes:write"'),
      {},
    ],
    [
      'thousands',
      challenge(`Bearer error="insufficient_scope", scope="${'notes:write '.repeat(500)}"`),
      {},
    ],
    [
      'with a tab inside',
      challenge('Bearer error="insufficient_scope", scope="notes:write\tadmin:notes"'),
      {},
    ],
    [
      'no list of texts',
      (_req, res) =>
        json(
          res,
          rpcError({ data: { error: 'insufficient_scope', requiredScopes: ['notes:write', 7] } }),
        ),
      {},
    ],
    [
      'mapScopes throws',
      challenge(CHALLENGE),
      {
        mapScopes: () => {
          throw new Error('mapping');
        },
      },
    ],
    ['mapScopes gives nothing', challenge(CHALLENGE), { mapScopes: () => [] }],
    ['mapScopes gives no list', challenge(CHALLENGE), { mapScopes: () => undefined as never }],
    ['mapScopes gives an unknown one', challenge(CHALLENGE), { mapScopes: () => ['x' as never] }],
    [
      'mapScopes gives a promise',
      challenge(CHALLENGE),
      { mapScopes: async () => ['notes:write'] } as never,
    ],
  ])('%s [C403-6, T119]', async (_what, answer, options) => {
    const upstream = await startUpstream(answer);
    const front = await startFront(upstream.url, options);
    const refused = await callTool(front.url, 'read_notes');
    expect([refused.status, refused.headers.has('www-authenticate')]).toEqual([403, false]);
    const said = await refused.text();
    expect(said).toContain('read_notes is not allowed');
    expect(said).not.toMatch(/notes:write|files/);
    expect(front.told).toMatchObject([{ reason: 'upstream_forbidden' }]);
  });
});

test("scopes of another server are mapped to this one's", async () => {
  const upstream = await startUpstream((_req, res) => {
    res
      .writeHead(403, {
        'www-authenticate': 'Bearer error="insufficient_scope", scope="Files.ReadWrite"',
      })
      .end();
  });
  const mapScopes: NotesOptions['mapScopes'] = (theirs) =>
    theirs.map((scope) => (scope === 'Files.ReadWrite' ? 'notes:write' : 'admin:notes'));
  const front = await startFront(upstream.url, { mapScopes });
  const refused = await callTool(front.url, 'read_notes');
  const [challenge] = parseChallenges(refused.headers.get('www-authenticate'));
  expect(challenge?.params.get('scope')).toBe('notes:write notes:read');
});

test('a public operation without a token: 401 with the scopes', async () => {
  const { publicAccess } = await import('@scopegate/core');
  const upstream = await startUpstream((_req, res) => json(res, rpcError(MCP_PROXY)));
  const front = await startFront(upstream.url, { rule: publicAccess() }, gateFor());
  const headers = { authorization: '' };
  const answer = await fetch(front.url, { method: 'POST', body: '{}', headers });
  expect(answer.status).toBe(401);
  expect(answer.headers.get('www-authenticate')).toContain('scope="notes:write"');
});

describe('an answer that is not a scope error is returned unchanged', () => {
  const PASSING: readonly (readonly [string, number, unknown])[] = [
    ['a 403 about something else', 403, { error: 'forbidden' }],
    ['a 403 that is no object', 403, 'insufficient_scope'],
    ['an OAuth body without a 403', 400, { error: 'insufficient_scope', scope: 'notes:write' }],
    [
      'a result that talks about it',
      200,
      {
        ...DONE,
        result: {
          content: [{ type: 'text', text: JSON.stringify(FASTMCP) }],
          structuredContent: FASTMCP,
        },
      },
    ],
    [
      'a result with a challenge, but no error',
      200,
      { ...DONE, result: { _meta: { 'mcp/www_authenticate': [CHALLENGE] } } },
    ],
    [
      'another error',
      200,
      rpcError({
        code: -32603,
        message: 'insufficient_scope',
        data: { error: 'other', scope: 'notes:write' },
      }),
    ],
    [
      'members of a prototype',
      200,
      JSON.parse(
        '{"jsonrpc":"2.0","id":7,"error":{"__proto__":{"name":"InsufficientScopeError","requiredScopes":["notes:write"]}}}',
      ),
    ],
    ['a list', 200, [rpcError(MCP_PROXY)]],
    ['no list of texts in band', 200, inBand([7])],
  ];
  test.each(PASSING)('%s', async (_what, status, value) => {
    const upstream = await startUpstream((_req, res) => json(res, value, status));
    const front = await startFront(upstream.url);
    const answer = await callTool(front.url, 'read_notes');
    expect([answer.status, await answer.json()]).toEqual([status, value]);
    expect(front.told).toEqual([]);
  });

  test('a 403 with a challenge about something else, without the challenge', async () => {
    const upstream = await startUpstream((_req, res) =>
      res.writeHead(403, { 'www-authenticate': 'Bearer realm="x"' }).end('no'),
    );
    const front = await startFront(upstream.url);
    const answer = await callTool(front.url, 'read_notes');
    expect([answer.status, await answer.text()]).toEqual([403, 'no']);
    expect(answer.headers.has('www-authenticate')).toBe(false);
  });

  test('a later event of a stream: the status has been sent, so the event stays in the stream [C403-5]', async () => {
    const events = `data: {"jsonrpc":"2.0","method":"x"}\n\ndata: ${JSON.stringify(rpcError(MCP_PROXY))}\n\n`;
    const upstream = await startUpstream((_req, res) =>
      res.writeHead(200, { 'content-type': 'text/event-stream' }).end(events),
    );
    const front = await startFront(upstream.url);
    const answer = await callTool(front.url, 'read_notes');
    expect([answer.status, await answer.text()]).toEqual([200, events]);
  });
});
