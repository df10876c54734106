import { afterEach, describe, expect, test, vi } from 'vitest';
import { InsufficientScopeError, parseChallenges } from '../../src/index.js';
import { RESOURCE, callTool, notesGate, request } from '../support/mcp.js';

const gate = notesGate();

afterEach(() => vi.unstubAllGlobals());

const SAID = { vary: 'Accept, authorization' };

/** As platforms make them: no constructor does. */
const SWITCHING: PropertyDescriptorMap = {
  status: { value: 101 },
  statusText: { value: '' },
  headers: { value: new Headers() },
  body: { value: null },
};

function cookies(): Response {
  const response = new Response('x');
  for (const cookie of ['a=1', 'b=2']) response.headers.append('set-cookie', cookie);
  return response;
}

describe('gate.fetch', () => {
  test('passes auth, the evaluated body and further arguments to the handler [AH-15, T16, T25]', async () => {
    const guarded = gate.fetch(async (req, context, env: string, ctx: number) =>
      Response.json([await req.json(), context.parsedBody, context.auth?.subject, env, ctx]),
    );
    const body = callTool('read_notes');
    const response = await guarded(request({ token: 'notes.read', body }), 'env', 7);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual([body, body, 'ray', 'env', 7]);
    expect(response.headers.get('vary')).toBe('Authorization');
  });

  test('passes the very request where the body was not read', async () => {
    const guarded = gate.fetch((one) => Response.json(one === given), 'notes:read');
    const given = request({ token: 'notes.read', body: callTool('read_notes') });
    expect(await (await guarded(given)).json()).toBe(true);
  });

  test('what the client and the platform set stays on a request with its body again', async () => {
    const guarded = gate.fetch(async (one) =>
      Response.json([await one.json(), one.redirect, one.headers.get('x-mine')]),
    );
    const body = callTool('read_notes');
    const one = request({ token: 'notes.read', body, headers: { 'x-mine': '7' } });
    const response = await guarded(new Request(one, { redirect: 'manual' }));
    expect(await response.json()).toEqual([body, 'manual', '7']);
  });

  test('of an object that only looks like a request, the handler gets a real one', async () => {
    const body = callTool('read_notes');
    const controller = new AbortController();
    const { method, url, headers, body: stream } = request({ token: 'notes.read', body });
    const { signal } = controller;
    const like = { method, url, headers, signal, body: stream, bodyUsed: false };
    const guarded = gate.fetch(async (one) => {
      expect(one).toBeInstanceOf(Request);
      controller.abort();
      return Response.json([one.method, one.url, one.signal.aborted, await one.json()]);
    });
    const response = await guarded(like as Request);
    expect(await response.json()).toEqual(['POST', RESOURCE, true, body]);
  });

  test('its headers reach the handler, too', async () => {
    const { method, url, headers, body, signal } = request({
      ...{ token: 'notes.read', body: callTool('read_notes'), headers: { 'x-mine': '7' } },
    });
    const guarded = gate.fetch((one) => Response.json(one.headers.get('x-mine')));
    const like = { method, url, headers, signal, body, bodyUsed: false } as Request;
    expect(await (await guarded(like)).json()).toBe('7');
  });

  test('never calls the handler for a refusal [AH-15, C403-5]', async () => {
    let calls = 0;
    const guarded = gate.fetch(() => {
      calls++;
      return new Response('ran');
    });
    const bodies = [callTool('add_note'), callTool('x'), [callTool('read_notes')], '{', undefined];
    for (const token of [undefined, 'bad', 'notes.read']) {
      for (const body of bodies) {
        const response = await guarded(request({ token, body }));
        expect(response.status).toBeGreaterThanOrEqual(400);
        expect(response.headers.get('cache-control')).toBe('no-store');
      }
    }
    expect(calls).toBe(0);
  });

  test('serves the metadata, unguarded [C401-1, PR-2, PR-10]', async () => {
    const guarded = gate.fetch(() => new Response('ran'));
    const response = await guarded(new Request(gate.metadata.url));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(gate.metadata.document);
  });

  test('a stream passes through untouched, as it comes', async () => {
    let push: (text: string) => void = () => undefined;
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        push = (text) => controller.enqueue(new TextEncoder().encode(text));
      },
    });
    const guarded = gate.fetch(() => new Response(stream));
    const response = await guarded(request({ token: 'notes.read', method: 'GET' }));
    expect(response.body).toBe(stream);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    push('data: 1\n\n');
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('data: 1\n\n');
    await reader.cancel();
  });

  test('a response with fixed headers gets the added ones too', async () => {
    const guarded = gate.fetch(() => Response.redirect('https://notes.example.com/x'));
    const response = await guarded(request({ token: 'notes.read', method: 'GET' }));
    expect(response.status).toBe(302);
    expect(response.headers.get('vary')).toBe('Authorization');
  });

  test.each<readonly [what: string, make: () => Response]>([
    ['without a body', () => new Response(null, { status: 204 })],
    ['with a text', () => new Response('x', { headers: { vary: 'Accept' } })],
    ['with cookies', () => cookies()],
    ['with fixed headers', () => Response.redirect('https://notes.example.com/x')],
    ['of a class of its own', () => new (class extends Response {})('x')],
  ])('a response %s that a handler keeps is not changed [T144]', async (_what, make) => {
    const shared = make();
    const before = [...shared.headers];
    const { status } = shared;
    const guarded = gate.fetch(() => shared);
    const response = await guarded(request({ token: 'notes.read', method: 'GET' }));
    expect(response.status).toBe(status);
    expect(response.headers.get('vary')).toMatch(/(^|, )Authorization$/);
    expect(response.headers.getSetCookie()).toEqual(shared.headers.getSetCookie());
    expect([...shared.headers]).toEqual(before);
  });

  test('a response of a class with a constructor of its own keeps its body', async () => {
    class Page extends Response {
      constructor(text: string) {
        super(`<p>${text}</p>`, { headers: { 'content-type': 'text/html' } });
      }
    }
    const guarded = gate.fetch(() => new Page('x'));
    const response = await guarded(request({ token: 'notes.read', method: 'GET' }));
    expect(await response.text()).toBe('<p>x</p>');
    expect(response.headers.get('vary')).toBe('Authorization');
  });

  test('a plain object that looks like a response becomes one', async () => {
    const { status, statusText, headers, body } = new Response('x', { status: 201 });
    const guarded = gate.fetch(() => ({ status, statusText, headers, body }) as Response);
    const response = await guarded(request({ token: 'notes.read', method: 'GET' }));
    expect(response.status).toBe(201);
    expect(response.headers.get('vary')).toBe('Authorization');
    expect(await response.text()).toBe('x');
  });

  test('where a server replaced the global class, a response stays of its own', async () => {
    const { Response: platform } = globalThis;
    vi.stubGlobal('Response', class Light extends platform {});
    const guarded = gate.fetch(() => new platform('x'));
    const response = await guarded(request({ token: 'notes.read', method: 'GET' }));
    expect(response.constructor).toBe(platform);
    expect(response.headers.get('vary')).toBe('Authorization');
  });

  test.each<readonly [what: string, make: () => unknown]>([
    ['an error', () => Response.error()],
    ['one that switches protocols', () => Object.create(Response.prototype, SWITCHING) as Response],
    ['nothing', () => undefined],
    ['one that says all that there is to add', () => new Response('x', { headers: SAID })],
  ])('%s passes as it is [T144]', async (_what, make) => {
    const given = make() as Response;
    const guarded = gate.fetch(() => given);
    expect(await guarded(request({ token: 'notes.read', method: 'GET' }))).toBe(given);
  });

  test('a response whose body was read already passes as it is', async () => {
    const used = new Response('x');
    await used.text();
    const guarded = gate.fetch(() => used);
    expect(await guarded(request({ token: 'notes.read', method: 'GET' }))).toBe(used);
  });

  test('a thrown scope error is the same 403; any other error is thrown on [C403-1]', async () => {
    const guarded = gate.fetch((_request, { parsedBody }) => {
      const { arguments: args } = (parsedBody as { params: { arguments: { scope?: string } } })
        .params;
      if (args.scope !== undefined) throw new InsufficientScopeError(args.scope);
      throw new Error('mine');
    });
    const thrown = await guarded(
      request({ token: 'notes.read', body: callTool('read_notes', { scope: 'notes:write' }) }),
    );
    expect(thrown.status).toBe(403);
    const [challenge] = parseChallenges(thrown.headers.get('www-authenticate'));
    expect(challenge?.params.get('scope')).toBe('notes:write notes:read');
    expect(await thrown.json()).toMatchObject({ id: 1, error: { code: 403 } });
    const unknown = await guarded(
      request({ token: 'notes.read', body: callTool('read_notes', { scope: 'secret:thing' }) }),
    );
    expect(unknown.status).toBe(403);
    expect(unknown.headers.get('www-authenticate')).toBeNull();
    expect(await unknown.text()).not.toContain('secret:thing');
    const body = callTool('read_notes');
    await expect(guarded(request({ token: 'notes.read', body }))).rejects.toThrow('mine');
  });

  test('needs a policy or a rule', () => {
    expect(() => notesGate({}, { policy: undefined as never }).fetch(() => new Response())).toThrow(
      /^rule: /,
    );
  });
});

describe('cross-origin access', () => {
  const open = notesGate({}, { cors: true });
  const preflight = (headers: Record<string, string> = {}): Request =>
    new Request(RESOURCE, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'POST',
        ...headers,
      },
    });

  test('a preflight is answered without data and never reaches a handler [T31]', async () => {
    let calls = 0;
    for (const one of [gate, open]) {
      const guarded = one.fetch(() => {
        calls++;
        return new Response('secret');
      });
      const response = await guarded(preflight());
      expect(response.status).toBe(204);
      expect(await response.text()).toBe('');
    }
    expect(calls).toBe(0);
  });

  test('a preflight names what browsers may send [T48]', async () => {
    const response = await open.fetch(() => new Response())(preflight());
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-headers')).toContain('Authorization');
    expect(response.headers.get('access-control-allow-headers')).toContain('MCP-Protocol-Version');
    expect(response.headers.get('access-control-allow-methods')).toContain('POST');
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
  });

  test('any other OPTIONS is an ordinary request [T31]', async () => {
    for (const headers of [{}, { origin: 'https://app.example' }]) {
      const options = new Request(RESOURCE, { method: 'OPTIONS', headers });
      expect(await gate.check(options)).toMatchObject({ status: 401 });
    }
  });

  test('refusals and answers can be read by browsers [T48]', async () => {
    const guarded = open.fetch(
      () => new Response('x', { headers: { 'access-control-expose-headers': 'X-Mine' } }),
    );
    const refused = await guarded(request({ body: callTool('read_notes') }));
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe('*');
    expect(refused.headers.get('access-control-expose-headers')).toBe(
      'WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id',
    );
    const answered = await guarded(request({ token: 'notes.read', body: callTool('read_notes') }));
    expect(answered.headers.get('access-control-expose-headers')).toBe(
      'X-Mine, WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id',
    );
  });

  test('a response with some of the headers gets the others', async () => {
    const guarded = open.fetch(() => new Response('x', { headers: { vary: 'Authorization' } }));
    const answered = await guarded(request({ token: 'notes.read', method: 'GET' }));
    expect(answered.headers.get('vary')).toBe('Authorization');
    expect(answered.headers.get('access-control-allow-origin')).toBe('*');
  });

  test('only listed origins are allowed [T48]', async () => {
    const some = notesGate({}, { cors: { origins: ['https://app.example'] } });
    const from = (origin: string): Promise<Response> =>
      some.fetch(() => new Response('x'))(request({ method: 'GET', headers: { origin } }));
    const listed = await from('https://app.example');
    expect(listed.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(listed.headers.get('vary')).toBe('Authorization, Origin');
    expect(
      (await from('https://evil.example')).headers.get('access-control-allow-origin'),
    ).toBeNull();
  });

  test('a foreign Origin is refused without a challenge, whatever the token [C403-7]', async () => {
    const fixed = notesGate({}, { allowedOrigins: ['https://app.example'] });
    for (const origin of ['https://evil.example', 'null', 'https://app.example.evil', '']) {
      const decision = await fixed.check(
        request({ token: 'notes.read', method: 'GET', headers: { origin } }),
      );
      expect(decision).toMatchObject({ status: 403, reason: 'origin_not_allowed' });
      expect(JSON.stringify(decision)).not.toContain('insufficient_scope');
    }
    const headers = { origin: 'https://app.example' };
    expect(await fixed.check(request({ token: 'none', method: 'GET', headers }))).toMatchObject({
      allowed: true,
    });
    expect(await fixed.check(request({ token: 'none', method: 'GET' }))).toMatchObject({
      allowed: true,
    });
  });
});

test('1,000 interleaved requests of 10 users: each gets its own auth [T15]', async () => {
  const slow = notesGate(
    {},
    {
      verifier: async (token) => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
        return { claims: { sub: token, scope: 'notes:read', client_id: `c-${token}` } };
      },
    },
  );
  const seen = new Set<object>();
  const guarded = slow.fetch(async (_request, { auth, parsedBody }) => {
    const before = auth?.subject;
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
    if (auth !== undefined) seen.add(auth);
    const { user } = (parsedBody as { params: { arguments: { user: string } } }).params.arguments;
    return Response.json([user, before, auth?.subject, auth?.token, auth?.clientId]);
  });
  const answers = await Promise.all(
    Array.from({ length: 1000 }, async (_unused, index) => {
      const user = `user${index % 10}`;
      const body = callTool('read_notes', { user });
      return (await guarded(request({ token: user, body }))).json() as Promise<string[]>;
    }),
  );
  for (const [user, ...others] of answers) {
    expect(others).toEqual([user, user, user, `c-${String(user)}`]);
  }
  expect(seen.size).toBe(1000);
});

test('auth is frozen, and does not show the token [T16, T72]', async () => {
  const decision = await gate.check(request({ token: 'notes.read', method: 'GET' }));
  if (!decision.allowed || decision.auth === undefined) throw new Error('expected auth');
  const { auth } = decision;
  expect(auth.token).toBe('notes.read');
  expect(JSON.stringify(auth)).not.toContain('notes.read');
  expect({ ...auth }).not.toHaveProperty('token');
  expect(Object.isFrozen(auth) && Object.isFrozen(auth.scopes)).toBe(true);
  expect(() => auth.scopes.push('admin:notes')).toThrow(TypeError);
  expect(auth.has('notes:read')).toBe(true);
  expect(auth.has('notes:write')).toBe(false);
  const foreign = notesGate();
  expect(foreign.issued(auth)).toBe(false);
  expect(
    await foreign.authorize(auth, { method: 'GET', url: '/', headers: new Headers() }),
  ).toMatchObject({
    status: 401,
  });
  const forged = { ...auth, scopes: ['admin:notes'], has: () => true } as never;
  expect(
    await gate.authorize(forged, { method: 'GET', url: '/', headers: new Headers() }),
  ).toMatchObject({
    status: 401,
  });
});
