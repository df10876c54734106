import { describe, expect, test } from 'vitest';
import { createGate, publicAccess } from '../../src/index.js';
import type { GateOptions, TokenFrom } from '../../src/index.js';
import { scopes, scopesAsToken } from '../support/mcp.js';

const options = {
  resource: 'https://notes.example.com/mcp',
  authorizationServers: ['https://idp.example.com'],
  verifier: scopesAsToken,
  scopes,
} satisfies GateOptions;

const gateWith = (tokenFrom: unknown, more: Partial<GateOptions> = {}) =>
  createGate({ ...options, ...(more as object), tokenFrom: tokenFrom as TokenFrom });

async function status(
  gate: ReturnType<typeof gateWith>,
  method: string,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  const request = new Request('https://notes.example.com/x', { method, headers });
  const decision = await gate.check(request, 'notes:read');
  return decision.allowed ? 200 : decision.status;
}

describe('tokenFrom', () => {
  test.each<[string, unknown, Partial<GateOptions>, RegExp]>([
    ['nothing', {}, {}, /^tokenFrom: expected the name/],
    ['an empty name', { header: '' }, {}, /^tokenFrom: expected the name/],
    ['no name', { header: 'a b' }, {}, /^tokenFrom: expected the name/],
    ['no name of a cookie', { cookie: 'a=b' }, {}, /^tokenFrom: expected the name/],
    ['two places', { header: 'X-Token', cookie: 'a' }, {}, /^tokenFrom: expected the name/],
    ['Authorization', { header: 'authorization' }, {}, /^tokenFrom: expected the name/],
    ['all cookies', { header: 'Cookie' }, {}, /^tokenFrom: expected the name/],
    ['no text', { header: 7 }, {}, /^tokenFrom.header: expected a string/],
    ['a text', 'X-Token', {}, /^tokenFrom: expected an object/],
    ['another option', { headers: 'X' }, {}, /^tokenFrom.headers: unknown option/],
    // Scripts of every site could call with the cookie.
    ['a cookie and every origin', { cookie: 'a' }, { cors: true }, /^cors: list the origins/],
    ['a cookie and *', { cookie: 'a' }, { cors: { origins: '*' } }, /^cors: list the origins/],
  ])('%s is a TypeError', (_what, tokenFrom, more, message) => {
    expect(() => gateWith(tokenFrom, more)).toThrow(TypeError);
    expect(() => gateWith(tokenFrom, more)).toThrow(message);
  });

  test.each<[string, unknown, Partial<GateOptions>]>([
    ['a header and every origin', { header: 'X-Token' }, { cors: true }],
    ['a header whose name ends like ours', { header: 'X-Authorization' }, {}],
    ['a header whose name begins like ours', { header: 'Authorization-Of-Proxy' }, {}],
    ['a header whose name begins like that of cookies', { header: 'Cookie2' }, {}],
    ['a cookie and listed origins', { cookie: 'a' }, { cors: true, allowedOrigins: [] }],
    ['a cookie and origins of CORS', { cookie: 'a' }, { cors: { origins: ['https://a.example'] } }],
  ])('%s is accepted', (_what, tokenFrom, more) => {
    expect(() => gateWith(tokenFrom, more)).not.toThrow();
  });

  test.each([
    ['GET', {}, 200],
    ['HEAD', {}, 200],
    ['POST', {}, 403],
    ['PUT', {}, 403],
    ['DELETE', {}, 403],
    ['OPTIONS', {}, 403],
    ['get-and-more', {}, 403],
    ['POST', { 'sec-fetch-site': 'same-origin' }, 200],
    ['POST', { 'sec-fetch-site': 'same-origin, cross-site' }, 403],
    ['POST', { origin: 'https://notes.example.com' }, 200],
    ['POST', { origin: 'https://notes.example.com, https://evil.example' }, 403],
    ['POST', { origin: 'https://evil.example' }, 403],
    // A page of another site may open a WebSocket with the cookie.
    ['GET', { upgrade: 'websocket' }, 403],
    ['GET', { upgrade: 'websocket', origin: 'https://evil.example' }, 403],
    ['GET', { upgrade: 'websocket', origin: 'https://notes.example.com' }, 200],
  ])('a cookie with %s %o: %i [T71]', async (method, headers, expected) => {
    const gate = gateWith({ cookie: 'session' });
    const cookie = { cookie: 'session=notes.read' };
    expect(await status(gate, method, { ...headers, ...cookie })).toBe(expected);
    // Without the cookie the caller learns that a token is missing.
    expect(await status(gate, method, headers)).toBe(401);
  });

  test('a cookie with listed origins: the resource itself is one of them', async () => {
    const allowedOrigins = ['https://app.example'];
    const gate = gateWith({ cookie: 'session' }, { allowedOrigins });
    const from = (origin: string): Promise<number> =>
      status(gate, 'POST', { origin, cookie: 'session=notes.read' });
    expect(await from('https://notes.example.com')).toBe(200);
    expect(await from('https://app.example')).toBe(200);
    expect(await from('https://evil.example')).toBe(403);
    // A header is sent by no page of the resource.
    const byHeader = gateWith({ header: 'X-Token' }, { allowedOrigins });
    const headers = { 'x-token': 'notes.read', origin: 'https://notes.example.com' };
    expect(await status(byHeader, 'POST', headers)).toBe(403);
  });

  test.each([
    ['other=notes.read', 401],
    ['other', 401],
    ['theirs=none; session=notes.read', 200],
    ['session=notes.read;theirs=none', 200],
    // Two of the name are two credentials, as is what a binding cannot read as one value.
    ['session=notes.read; session=notes.read', 400],
    [',', 400],
  ])('the cookie alone counts in %j: %i [T71]', async (cookie, expected) => {
    expect(await status(gateWith({ cookie: 'session' }), 'GET', { cookie })).toBe(expected);
  });

  test('a header needs no origin: no browser sends it by itself', async () => {
    const gate = gateWith({ header: 'X-Token' });
    const headers = { 'X-Token': 'notes.read', origin: 'https://evil.example' };
    expect(await status(gate, 'POST', headers)).toBe(200);
  });

  test('without a token a public operation is public', async () => {
    const gate = gateWith({ cookie: 'session' });
    const request = new Request('https://notes.example.com/x', { method: 'POST' });
    expect(await gate.check(request, publicAccess())).toMatchObject({ allowed: true });
  });

  test('a value that is too long is refused, and named', async () => {
    const gate = gateWith({ header: 'X-Token' });
    const headers = { 'X-Token': 'a'.repeat(17_000) };
    const decision = await gate.check(new Request('https://x.example', { headers }), 'notes:read');
    expect(decision).toMatchObject({ status: 400 });
    expect((decision as { body: string }).body).toContain('The X-Token header is too long');
  });
});
