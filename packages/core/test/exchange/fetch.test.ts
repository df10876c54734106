/** Calls of the API: where a token goes, what an API can make of it, and what a caller is asked for. */
import { generateKeyPair } from 'oauth4webapi';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InsufficientScopeError } from '../../src/index.js';
import type { Auth } from '../../src/index.js';
import { UpstreamTokenError } from '../../src/exchange/index.js';
import { ACCESS_TOKEN, json, payloadOf, spy, startHops } from './support.js';
import type { Scope, Hops } from './support.js';

let hops: Hops;
let auth: Auth<Scope>;
let now: number;
beforeEach(async () => {
  now = Date.now();
  hops = await startHops({ clock: () => now });
  auth = await hops.login(['notes:read']);
});
afterEach(() => hops.close());

async function outcome(call: Promise<Response>): Promise<unknown> {
  try {
    return (await call).status;
  } catch (error) {
    if (error instanceof InsufficientScopeError) return error.requiredScopes;
    return error instanceof UpstreamTokenError ? [error.code, error.status] : error;
  }
}

const challenge =
  (value: string, status = 403) =>
  (_: unknown, response: ServerResponse) => {
    response.writeHead(status, { 'www-authenticate': value }).end('no');
  };

describe('the request', () => {
  test('has the API’s own token, and the rest as it was given [TE-1]', async () => {
    const response = await hops.upstream().fetch(auth, '/notes?x=1', {
      ...{ method: 'POST', body: '{"a":1}' },
      headers: { 'content-type': 'application/json', authorization: 'Basic eDp5', 'x-trace': '7' },
    });
    expect(await response.json()).toEqual({ sub: 'ray' });
    expect(hops.api.seen).toMatchObject([
      {
        ...{ method: 'POST', url: '/notes?x=1', body: '{"a":1}' },
        headers: { authorization: 'Bearer up~ray~1', 'x-trace': '7' },
      },
    ]);
    expect(JSON.stringify(hops.api.seen)).not.toContain(auth.token);
  });

  test.each<[string, (origin: string) => string]>([
    ['another host', () => 'https://evil.example.com/notes'],
    ['another port', (origin) => `${origin.replace(/\d+$/, '1')}/notes`],
    ['another protocol', (origin) => `${origin.replace('http:', 'https:')}/notes`],
    ['a path that names a host', () => '//evil.example.com/notes'],
    ['backslashes', () => '\\\\evil.example.com\\notes'],
    ['a host after user information', (origin) => `${origin}@evil.example.com/`],
    ['user information', (origin) => origin.replace('//', '//a:b@')],
    ['data', () => 'data:text/plain,x'],
    ['no URL', () => 'http://'],
  ])('%s: a TypeError, and no exchange [T165]', async (_, url) => {
    expect(await outcome(hops.upstream().fetch(auth, url(hops.api.origin)))).toBeInstanceOf(
      TypeError,
    );
    expect([hops.as.seen, hops.api.seen]).toEqual([[], []]);
  });

  test('without a known origin there is none to send to', async () => {
    const upstream = hops.upstream({ resource: undefined as never, audience: 'orders' });
    const url = `${hops.api.origin}/notes`;
    expect(await outcome(upstream.fetch(auth, url))).toBeInstanceOf(TypeError);
    const named = hops.upstream({
      ...{ resource: undefined as never, audience: 'orders' },
      origin: hops.api.origin,
    });
    expect(await outcome(named.fetch(auth, url))).toBe(200);
  });

  test.each<[string, (token: string) => [string, RequestInit]]>([
    ['Authorization', (token) => ['/', { headers: { authorization: `Bearer ${token}` } }]],
    ['a header', (token) => ['/', { headers: { 'x-forwarded-token': token } }]],
    ['the query', (token) => [`/?access_token=${token}`, {}]],
    ['a form', (token) => ['/', { method: 'POST', body: new URLSearchParams({ token }) }]],
    ['the query, encoded', (token) => [`/?t=${encodeURIComponent(token)}`, {}]],
    ['a text', (token) => ['/', { method: 'POST', body: JSON.stringify({ token }) }]],
  ])(
    "the caller's own token in %s: a TypeError without the token [TE-1, T165]",
    async (_, make) => {
      const [url, init] = make(auth.token);
      const ended = await outcome(hops.upstream().fetch(auth, url, init));
      expect(ended).toBeInstanceOf(TypeError);
      expect(`${String(ended)} ${(ended as Error).stack}`).not.toContain(auth.token);
      expect([hops.as.seen, hops.api.seen]).toEqual([[], []]);
    },
  );
});

describe('401', () => {
  test('one new exchange and one more try; then an error for this call [T167]', async () => {
    const upstream = hops.upstream();
    await upstream.fetch(auth, '/notes');
    hops.api.answer = ({ headers }, response) =>
      headers.authorization === 'Bearer up~ray~1'
        ? challenge('Bearer error="invalid_token"', 401)(undefined, response)
        : json(response, 200, {});
    expect(await outcome(upstream.fetch(auth, '/notes', { method: 'POST', body: 'x' }))).toBe(200);
    expect(hops.exchanges()).toHaveLength(2);
    expect(hops.api.seen.map(({ body }) => body)).toEqual(['', 'x', 'x']);

    // The token was renewed just now, so that there is no new exchange for each refusal.
    hops.api.answer = ({ url }, response) => json(response, url === '/x' ? 401 : 200, {});
    for (let i = 0; i < 3; i++) {
      expect(await outcome(upstream.fetch(auth, '/x'))).toEqual(['upstream_unauthorized', 502]);
      expect(await outcome(upstream.fetch(auth, '/notes'))).toBe(200);
    }
    expect(hops.exchanges()).toHaveLength(2);
    expect(hops.api.seen).toHaveLength(9);
    now += 4000;
    expect(await outcome(upstream.fetch(auth, '/x'))).toEqual(['upstream_unauthorized', 502]);
    expect(hops.exchanges()).toHaveLength(3);
  });

  test('twenty calls at once: one new exchange for all', async () => {
    const upstream = hops.upstream();
    await upstream.fetch(auth, '/notes');
    hops.api.answer = ({ headers }, response) =>
      json(response, headers.authorization === 'Bearer up~ray~1' ? 401 : 200, {});
    const calls = Array.from({ length: 20 }, () => outcome(upstream.fetch(auth, '/notes')));
    expect(await Promise.all(calls)).toEqual(Array(20).fill(200));
    expect(hops.exchanges()).toHaveLength(2);
  });

  test('a stream is not sent twice', async () => {
    hops.api.answer = (_, response) => json(response, 401, {});
    const body = new Blob(['x']).stream();
    const ended = outcome(
      hops.upstream().fetch(auth, '/n', { method: 'POST', body, duplex: 'half' } as RequestInit),
    );
    expect(await ended).toEqual(['upstream_unauthorized', 502]);
    expect(hops.api.seen.map((seen) => seen.body)).toEqual(['x']);
  });
});

describe('403', () => {
  test.each<[string, string, unknown]>([
    [
      'the scope that the caller lacks',
      'Bearer error="insufficient_scope", scope="api.write"',
      ['notes:write'],
    ],
    ['DPoP', 'DPoP error="insufficient_scope", scope="api.write"', ['notes:write']],
    [
      'all that it needs',
      'Bearer error="insufficient_scope", scope="api.read api.write"',
      ['notes:read', 'notes:write'],
    ],
    ['what the caller has', 'Bearer error="insufficient_scope", scope="api.read"', []],
    ['what no mapping names', 'Bearer error="insufficient_scope", scope="api.admin"', []],
    [
      'a part that no mapping names',
      'Bearer error="insufficient_scope", scope="api.write api.admin"',
      [],
    ],
    ["the gate's own name", 'Bearer error="insufficient_scope", scope="notes:admin"', []],
    ['a name of every object', 'Bearer error="insufficient_scope", scope="__proto__"', []],
    ['nothing', 'Bearer error="insufficient_scope"', []],
    [
      'a scope twice',
      'Bearer error="insufficient_scope", scope="api.write", scope="api.admin"',
      [],
    ],
    ['101 scopes', `Bearer error="insufficient_scope", scope="${'api.write '.repeat(101)}"`, []],
    ['17,000 characters', `Bearer error="insufficient_scope", scope="${'x'.repeat(14_000)}"`, []],
    [
      'metadata of its own',
      'Bearer error="insufficient_scope", scope="api.write", resource_metadata="https://evil.example.com/"',
      ['notes:write'],
    ],
    ['another reason', 'Bearer error="access_denied", scope="api.write"', 403],
    ['another scheme', 'Basic realm="scope=api.write"', 403],
  ])('%s [TE-12, TE-13, T173]', async (_, value, expected) => {
    hops.api.answer = challenge(value);
    expect(await outcome(hops.upstream().fetch(auth, '/notes'))).toEqual(expected);
  });

  test('no text of the API is in the error [TE-13, T173]', async () => {
    hops.api.answer = challenge(
      'Bearer error="insufficient_scope", scope="api.write", error_description="pay at https://evil.example.com", resource_metadata="https://evil.example.com/"',
    );
    const error = await hops
      .upstream()
      .fetch(auth, '/notes')
      .catch((reason: unknown) => reason);
    const refusal = hops.gate.refuse(
      error,
      { method: 'GET', url: '/', headers: new Headers() },
      auth,
    );
    expect(refusal).toMatchObject({ status: 403, challenge: { scopes: ['notes:write'] } });
    const text = `${String(error)} ${(error as Error).stack} ${JSON.stringify(refusal)}`;
    expect(text).not.toMatch(/evil|pay/);
  });

  test('an API that always asks again: one challenge, then a denial without scopes [T174]', async () => {
    hops.api.answer = challenge('Bearer error="insufficient_scope", scope="api.write"');
    const upstream = hops.upstream();
    expect(await outcome(upstream.fetch(auth, '/notes'))).toEqual(['notes:write']);
    const more = await hops.login(['notes:read', 'notes:write']);
    expect(await outcome(upstream.fetch(more, '/notes'))).toEqual([]);
  });
});

describe('hostile answers', () => {
  test.each([301, 302, 303, 307, 308])(
    '%i: an error, and the token goes nowhere [T165]',
    async (status) => {
      const elsewhere = await spy((_, response) => json(response, 200, {}));
      hops.api.answer = (_, response) =>
        response.writeHead(status, { location: `${elsewhere.origin}/` }).end();
      expect(await outcome(hops.upstream().fetch(auth, '/notes', { redirect: 'follow' }))).toEqual([
        'upstream_redirect',
        502,
      ]);
      expect(elsewhere.seen).toEqual([]);
      await elsewhere.close();
    },
  );

  test('a closed connection is an error of fetch, without the token', async () => {
    hops.api.answer = (_, response) => response.destroy();
    const ended = await outcome(hops.upstream().fetch(auth, '/notes'));
    expect(ended).toBeInstanceOf(Error);
    expect(`${String(ended)} ${(ended as Error).stack}`).not.toMatch(/up~ray/);
  });

  test.each([204, 304, 400, 404, 409, 418, 429, 500, 503])(
    '%i is the answer as it came',
    async (status) => {
      hops.api.answer = (_, response) => response.writeHead(status).end();
      expect(await outcome(hops.upstream().fetch(auth, '/notes'))).toBe(status);
      expect(hops.exchanges()).toHaveLength(1);
    },
  );
});

describe('DPoP', () => {
  const bound = (_: unknown, response: ServerResponse) =>
    json(response, 200, {
      ...{ access_token: 'bound', issued_token_type: ACCESS_TOKEN, token_type: 'DPoP' },
    });

  test.each(['a key of this process', 'a given key'])(
    'proofs for both servers, with their nonces: %s [TE-7]',
    async (which) => {
      const metadata = { issuer: hops.as.origin, token_endpoint: `${hops.as.origin}/token` };
      hops.as.answer = ({ url, headers }, response) => {
        if (url !== '/token') return json(response, 200, metadata);
        if (proofOf(headers)?.['nonce'] === 'as-nonce') return bound(undefined, response);
        response.setHeader('dpop-nonce', 'as-nonce');
        json(response, 400, { error: 'use_dpop_nonce' });
      };
      hops.api.answer = ({ headers }, response) => {
        if (proofOf(headers)?.['nonce'] === 'api-nonce') return json(response, 200, {});
        response.setHeader('dpop-nonce', 'api-nonce');
        challenge('DPoP error="use_dpop_nonce"', 401)(undefined, response);
      };
      const dpop = which === 'a given key' ? await generateKeyPair('ES256') : true;
      expect(await outcome(hops.upstream({ dpop }).fetch(auth, '/notes?x=1'))).toBe(200);
      const proofs = hops.api.seen.map(({ headers }) => proofOf(headers));
      expect(proofs).toHaveLength(2);
      expect(proofs[1]).toMatchObject({ htm: 'GET', htu: `${hops.api.origin}/notes` });
      expect(proofs[1]?.['ath']).toEqual(expect.any(String));
      expect(hops.api.seen[1]?.headers.authorization).toBe('DPoP bound');
      expect(hops.exchanges()).toHaveLength(2);
    },
  );

  test('a connection that closes after the nonce came is a failure of the moment [TE-7]', async () => {
    const metadata = { issuer: hops.as.origin, token_endpoint: `${hops.as.origin}/token` };
    hops.as.answer = ({ url, headers }, response) => {
      if (url !== '/token') return json(response, 200, metadata);
      if (proofOf(headers)?.['nonce'] === 'as-nonce') return response.destroy();
      response.setHeader('dpop-nonce', 'as-nonce');
      json(response, 400, { error: 'use_dpop_nonce' });
    };
    expect(await outcome(hops.upstream({ dpop: true }).fetch(auth, '/notes'))).toEqual([
      'exchange_unavailable',
      503,
    ]);
    expect(hops.exchanges()).toHaveLength(2);
    expect(hops.api.seen).toEqual([]);
  });

  test('a Bearer token in the place of a bound one is not used [TE-7]', async () => {
    expect(await outcome(hops.upstream({ dpop: true }).fetch(auth, '/notes'))).toEqual([
      'exchange_invalid',
      502,
    ]);
    expect(hops.api.seen).toEqual([]);
  });
});

function proofOf(headers: IncomingHttpHeaders): Record<string, unknown> | undefined {
  return typeof headers['dpop'] === 'string' ? payloadOf(headers['dpop']) : undefined;
}

describe('every caller gets its own token, whatever fails', () => {
  /** What one exchange or one call of the API may end in. */
  const FAULTS = ['none', '500', 'slow', 'closed', '401', 'refused'] as const;

  test.each(FAULTS.flatMap((exchange) => FAULTS.map((call) => [exchange, call] as const)))(
    'exchanges: %s, calls: %s [T166]',
    async (exchangeFault, callFault) => {
      let turn = 0;
      const faulty = (fault: (typeof FAULTS)[number], response: ServerResponse): boolean => {
        // Every third request has the fault, so that good and bad ones of all users mix.
        if (fault === 'none' || turn++ % 3 !== 0) return false;
        if (fault === 'closed') response.destroy();
        else if (fault === 'slow') setTimeout(() => json(response, 500, {}), 20);
        else json(response, fault === '500' ? 500 : fault === '401' ? 401 : 400, { error: 'x' });
        return true;
      };
      const metadata = { issuer: hops.as.origin, token_endpoint: `${hops.as.origin}/token` };
      hops.as.answer = ({ url, body }, response) => {
        if (url !== '/token') return json(response, 200, metadata);
        if (faulty(exchangeFault, response)) return;
        const subject = payloadOf(new URLSearchParams(body).get('subject_token'))?.['sub'];
        const token = {
          access_token: `up~${subject}~${turn}`,
          token_type: 'Bearer',
          expires_in: 1,
        };
        json(response, 200, { ...token, issued_token_type: ACCESS_TOKEN });
      };
      const wrong: unknown[] = [];
      hops.api.answer = ({ headers }, response) => {
        const [, token] = (headers.authorization ?? '').split(' ');
        if (token?.split('~')[1] !== headers['x-user']) wrong.push(headers);
        if (!faulty(callFault, response)) json(response, 200, {});
      };
      const upstream = hops.upstream();
      const users = await Promise.all(
        Array.from({ length: 6 }, (_, i) => hops.login(['notes:read'], `user-${i}`)),
      );
      const calls = Array.from({ length: 36 }, (_, i) => {
        const user = users[i % 6] as Auth<Scope>;
        return outcome(upstream.fetch(user, '/', { headers: { 'x-user': String(user.subject) } }));
      });
      await Promise.all(calls);
      expect(wrong).toEqual([]);
      if (exchangeFault === 'none') expect(hops.api.seen.length).toBeGreaterThan(35);
    },
  );
});
