import { describe, expect, test } from 'vitest';
import { fetchJson } from '../src/fetch-json.js';
import type { FetchError, FetchJsonOptions } from '../src/fetch-json.js';

const URL_WITH_KEY = 'https://idp.test/jwks?key=secret';

async function failureOf(
  fetch: FetchJsonOptions['fetch'],
  options: Partial<FetchJsonOptions> = {},
): Promise<FetchError> {
  return fetchJson(URL_WITH_KEY, { fetch, ...options }).then(
    () => expect.unreachable(),
    (error: unknown) => error as FetchError,
  );
}

const text = (body: string, init?: ResponseInit) => async (): Promise<Response> =>
  new Response(body, init);

test('a document, within its bounds', async () => {
  const fetch = async (): Promise<Response> => Response.json({ keys: [] });
  expect(await fetchJson(URL_WITH_KEY, { fetch, strict: true, maxBytes: 11 })).toEqual({
    keys: [],
  });
});

describe('the error says what failed, without the query', () => {
  test.each<
    [problem: string, fetch: FetchJsonOptions['fetch'], options: Partial<FetchJsonOptions>]
  >([
    ['bad_status', text('', { status: 404 }), {}],
    ['redirected', text('', { status: 302, headers: { location: '/x' } }), {}],
    ['not_json', text('<html>'), {}],
    ['not_json', text('{}', { headers: { 'content-type': 'text/html' } }), { strict: true }],
    ['not_json', async () => new Response(new Uint8Array([0x22, 0xff, 0x22])), {}],
    ['too_large', text('{"a":1}'), { maxBytes: 6 }],
    ['timeout', async () => new Promise<Response>(() => undefined), { timeout: 10 }],
    ['unreachable', async () => Promise.reject(new TypeError('secret')), {}],
  ])('%s', async (problem, fetch, options) => {
    const error = await failureOf(fetch, options);
    expect(error.problem).toBe(problem);
    expect(error.message).toContain('https://idp.test/jwks');
    expect(error.message).not.toContain('secret');
    expect(error.cause).toBeUndefined();
    expect(error.status).toBe({ bad_status: 404, redirected: 302 }[problem]);
  });
});

test('a redirect that fetch followed is refused where strict', async () => {
  const followed = Object.defineProperty(Response.json({}), 'redirected', { value: true });
  expect(await fetchJson(URL_WITH_KEY, { fetch: async () => followed.clone() })).toEqual({});
  const again = Object.defineProperty(Response.json({}), 'redirected', { value: true });
  expect(await failureOf(async () => again, { strict: true })).toMatchObject({
    problem: 'redirected',
  });
});
