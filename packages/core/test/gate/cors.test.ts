/** Which headers a preflight gets: the names that it asks for, or those that the options list. */
import { describe, expect, test } from 'vitest';
import type { CorsOptions, GateRequest } from '../../src/index.js';
import { notesGate } from '../support/mcp.js';

function request(
  headers: Readonly<Record<string, string>>,
  method: string = 'OPTIONS',
): GateRequest {
  return { method, url: '/mcp', headers: { get: (name) => headers[name] ?? null } };
}

const ORIGIN = 'https://app.example';

async function answerTo(
  cors: boolean | CorsOptions,
  headers: Record<string, string>,
): Promise<Headers> {
  const gate = notesGate({}, { cors });
  const asked = { origin: ORIGIN, 'access-control-request-method': 'POST', ...headers };
  const decision = await gate.check(request(asked));
  if (decision.allowed) throw new Error('a preflight was let through');
  expect(decision).toMatchObject({ status: 204, reason: 'preflight', body: '' });
  // What `resourceMetadata` answers where no guard is.
  const apart = gate.metadata.preflight(request(asked));
  expect(cors === false ? apart : apart?.headers).toEqual(
    cors === false ? undefined : decision.headers,
  );
  return decision.toResponse().headers;
}

describe('the headers without further options', () => {
  const EXPOSED = [
    'Access-Control-Expose-Headers',
    'WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id',
  ] as const;
  const ANY = [['Access-Control-Allow-Origin', '*'], EXPOSED] as const;
  const OF_REFUSALS = [
    ['Content-Type', 'application/json'],
    ['Cache-Control', 'no-store'],
    ['Vary', 'Authorization'],
  ];

  test.each<[cors: true | CorsOptions]>([[true], [{}], [{ origins: '*' }]])(
    'a preflight, from any origin: %j',
    async (cors) => {
      const gate = notesGate({}, { cors });
      const asked = { origin: ORIGIN, 'access-control-request-method': 'POST' };
      expect((await gate.check(request(asked))).headers).toEqual([
        ...ANY,
        ['Access-Control-Allow-Methods', 'POST'],
        [
          'Access-Control-Allow-Headers',
          'Authorization, Content-Type, Accept, Last-Event-ID, DPoP, MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name',
        ],
        ['Access-Control-Max-Age', '600'],
      ]);
    },
  );

  test('an answer that scripts of every origin may read', async () => {
    const { headers } = await notesGate({}, { cors: true }).check(request({}, 'POST'));
    expect(headers.slice(1)).toEqual([...OF_REFUSALS, ...ANY]);
  });

  test.each([
    ['a listed origin', { origin: ORIGIN }, [['Access-Control-Allow-Origin', ORIGIN], EXPOSED]],
    ['another origin', { origin: 'https://other.example' }, []],
    ['no origin', {}, []],
  ])(
    'with a list, %s: a cache keeps its answer for that origin alone',
    async (_whose, headers, allowed) => {
      const gate = notesGate({}, { cors: { origins: [ORIGIN] } });
      const decision = await gate.check(request(headers, 'POST'));
      expect(decision.headers.slice(1)).toEqual([...OF_REFUSALS, ...allowed, ['Vary', 'Origin']]);
    },
  );
});

describe('a preflight', () => {
  test.each([
    'traceparent,mcp-param-region',
    'authorization, content-type, mcp-protocol-version',
    'Mcp-Param-A, MCP-PARAM-B',
    "x!#$%&'*+.^_`|~-9",
  ])('is told the headers that it asks for: %s [PR-14]', async (asked) => {
    const headers = await answerTo(true, { 'access-control-request-headers': asked });
    expect(headers.get('access-control-allow-headers')).toBe(asked);
    expect(headers.get('access-control-allow-credentials')).toBeNull();
  });

  test.each(['', 'x y: z', 'x\r\nset-cookie: a=b', 'é', 'x;y', 'x"y'])(
    'is not told what is no list of names: %j [PR-14]',
    async (asked) => {
      const headers = await answerTo(true, { 'access-control-request-headers': asked });
      expect(headers.get('access-control-allow-headers')).toMatch(/^Authorization, .*, Mcp-Name$/);
      expect(headers.has('set-cookie')).toBe(false);
    },
  );

  test.each([
    ['PATCH', 'PATCH'],
    ['QUERY', 'QUERY'],
    ['a b\r\nc', 'GET'],
  ])('is told the method that it asks for: %j [PR-14]', async (asked, allowed) => {
    const headers = await answerTo(true, { 'access-control-request-method': asked });
    expect(headers.get('access-control-allow-methods')).toBe(allowed);
  });

  test('is told the lists of the options, whatever it asks for [T48]', async () => {
    const cors = { allowedHeaders: ['X-Mine'], methods: ['GET', 'POST'], maxAge: 5 };
    const headers = await answerTo(cors, {
      'access-control-request-headers': 'x-other',
      'access-control-request-method': 'DELETE',
    });
    expect(headers.get('access-control-allow-headers')).toMatch(/^Authorization, .*, X-Mine$/);
    expect(headers.get('access-control-allow-methods')).toBe('GET, POST');
    expect(headers.get('access-control-max-age')).toBe('5');
  });

  test('gets no permission for an origin that is not listed, nor without the option [T48]', async () => {
    for (const cors of [{ origins: ['https://other.example'] }, false]) {
      const headers = await answerTo(cors, {});
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  test('is not every OPTIONS: the others have no answer without a guard [T31]', () => {
    const { metadata } = notesGate({}, { cors: true });
    const method = { 'access-control-request-method': 'POST' };
    for (const one of [request({}), request({ origin: ORIGIN }), request(method)]) {
      expect(metadata.preflight(one)).toBeUndefined();
    }
    expect(metadata.preflight(request({ origin: ORIGIN, ...method }, 'POST'))).toBeUndefined();
  });

  test.each([
    [{ allowedHeaders: ['a\r\nb'] }],
    [{ methods: ['é☃'] }],
    [{ allowedHeaders: 'x' as never }],
  ])('options that are no header values fail at set-up: %j', (cors) => {
    expect(() => notesGate({}, { cors })).toThrow(TypeError);
  });
});
