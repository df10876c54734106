/** Which `htu` fits which request. */
import { expect, test } from 'vitest';
import { challengeOf, createKey, proofOf, requestOf, startDpop } from '../../support/dpop.js';
import type { SentRequest } from '../../support/dpop.js';

const key = createKey();

async function accepts(
  htu: string,
  sent: SentRequest,
  resource = 'https://notes.example.com/mcp',
  url?: () => string,
): Promise<boolean> {
  const service = startDpop(url === undefined ? {} : { url }, { resource });
  const token = service.token(key, { aud: resource });
  const proofs = [proofOf(key, token, { claims: { htu } })];
  const request = requestOf({ authorization: `DPoP ${token}`, proofs, ...sent });
  const decision = await service.gate.check(request, 'notes:read');
  if (!decision.allowed) expect(challengeOf(decision)).toMatch(/not valid: htu"/);
  return decision.allowed;
}

test.each([
  'https://notes.example.com/mcp',
  'HTTPS://NOTES.Example.COM:443/mcp',
  'https://notes.example.com:/mcp',
  'https://notes.example.com/m%63p',
  'https://notes.example.com/x/../mcp',
  'https://notes.example.com/x/%2e%2E/./mcp',
  'https://notes.example.com/mcp?a=b',
  'https://notes.example.com/mcp#f',
  'https://notes.example.com/mcp?#',
])('%s is the resource [DP-3, T102]', async (htu) => {
  expect(await accepts(htu, {})).toBe(true);
  expect(await accepts(htu, { url: '/mcp?q=https://other.example/' })).toBe(true);
});

test.each([
  [{ url: '/mcp', headers: { host: 'evil.example' } }],
  [{ url: 'https://evil.example/mcp' }],
  [
    {
      url: '/mcp',
      headers: { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' },
    },
  ],
  [{ url: '//evil.example/mcp' }],
])('the host of a request decides nothing: %j [T103]', async (sent) => {
  expect(await accepts('https://evil.example/mcp', sent)).toBe(false);
  expect(await accepts('https://notes.example.com/mcp', sent)).toBe(true);
});

test.each([
  // The path below the resource is the request's own.
  ['https://api.example.com', '/notes/1', 'https://api.example.com/notes/1', true],
  ['https://api.example.com', '/notes/1', 'https://api.example.com/notes/2', false],
  ['https://api.example.com', '/notes/1', 'https://api.example.com/', false],
  ['https://api.example.com/v1', '/v1/notes', 'https://api.example.com/v1/notes', true],
  ['https://api.example.com/v1', '/v1/notes', 'https://api.example.com/v1', false],
  ['https://api.example.com/v1/', '/v1/notes', 'https://api.example.com/v1/notes', true],
  // An empty path is `/`.
  ['https://api.example.com', '/', 'https://api.example.com', true],
  // A path that is not below it was rewritten on the way.
  ['https://api.example.com/v1', '/', 'https://api.example.com/v1', true],
  ['https://api.example.com/v1', '/v10', 'https://api.example.com/v10', false],
  ['https://api.example.com/v1', '*', 'https://api.example.com/v1', true],
  // A final slash of the resource, and nothing else.
  ['https://api.example.com/v1', '/v1/', 'https://api.example.com/v1', true],
  ['https://api.example.com/v1', '/v1/', 'https://api.example.com/v1/', true],
  ['https://api.example.com/v1/', '/v1', 'https://api.example.com/v1/', true],
  ['https://api.example.com/v1', '/v1', 'https://api.example.com/v1/', false],
  ['https://api.example.com', '/a/', 'https://api.example.com/a', false],
  // Ports.
  ['http://localhost:3000/mcp', '/mcp', 'http://localhost:3000/mcp', true],
  ['http://localhost:3000/mcp', '/mcp', 'http://localhost/mcp', false],
  ['http://localhost/mcp', '/mcp', 'http://localhost:80/mcp', true],
  // What cannot be read is no URL of anything.
  ['https://api.example.com', '/%zz', 'https://api.example.com/%zz', false],
  ['https://api.example.com', String.raw`/a\b`, 'https://api.example.com/a/b', false],
])('%s, %s, htu %s: %s [DP-3, T102]', async (resource, url, htu, expected) => {
  expect(await accepts(htu, { url }, resource)).toBe(expected);
});

test('an application can say the URL behind a proxy that rewrites paths [T102]', async () => {
  const url = (): string => 'https://public.example.com/notes/v1?x';
  expect(await accepts('https://public.example.com/notes/v1', {}, undefined, url)).toBe(true);
  expect(await accepts('https://notes.example.com/mcp', {}, undefined, url)).toBe(false);
});
