/** How often the metadata of an issuer is asked for a URL. */
import { beforeEach, expect, test } from 'vitest';
import { urlFinder } from '../../src/token/index.js';

const issuer = 'https://idp.example.com';
const introspection_endpoint = `${issuer}/introspect`;

let fetched: number;
let isDown: boolean;
let time: number;
beforeEach(() => {
  fetched = 0;
  isDown = false;
  time = 1_000;
});

const find = (configured?: string) =>
  urlFinder('introspection_endpoint', configured, {
    issuer,
    now: () => time,
    fetch: async () => {
      fetched += 1;
      return isDown
        ? new Response('', { status: 500 })
        : Response.json({ issuer, introspection_endpoint });
    },
  });

test('a URL that is configured is not looked for', async () => {
  expect(await find('https://a.test/ask')()).toBe('https://a.test/ask');
  expect(fetched).toBe(0);
});

test('one that was found is kept, and callers who wait share the search', async () => {
  const url = find();
  expect(await Promise.all([url(), url()])).toEqual([
    introspection_endpoint,
    introspection_endpoint,
  ]);
  for (const later of [0, 10, 100_000, -100_000]) {
    time = 1_000 + later;
    expect(await url()).toBe(introspection_endpoint);
  }
  expect(fetched).toBe(1);
});

test('a search that failed is repeated after ten seconds, or when the clock was set back', async () => {
  isDown = true;
  const url = find();
  await expect(url()).rejects.toThrow('names introspection_endpoint');
  const places = fetched;
  for (const later of [0, 9.9, -9.9]) {
    time = 1_000 + later;
    await expect(url()).rejects.toThrow('names introspection_endpoint');
  }
  expect(fetched).toBe(places);
  time = 1_010;
  await expect(url()).rejects.toThrow('names introspection_endpoint');
  expect(fetched).toBe(2 * places);
  time = 1_000;
  isDown = false;
  expect(await url()).toBe(introspection_endpoint);
  time = 1_010;
  expect(await url()).toBe(introspection_endpoint);
  expect(fetched).toBe(2 * places + 1);
});

test('a cause is told in visible ASCII, whatever the metadata holds', async () => {
  const fetch = async (): Promise<Response> => Response.json({ issuer: 'https://größe.test' });
  const search = urlFinder('jwks_uri', undefined, { issuer, now: () => 0, fetch });
  await expect(search()).rejects.toThrow('names issuer "https://gr??e.test", another one');
});
