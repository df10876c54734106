/** Where an issuer's metadata is looked for, and what counts as a find. */
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createGate } from '../../src/index.js';
import { discoverUrl } from '../../src/token/index.js';
import { jwtVerifier } from '../../src/token/jwt/index.js';
import { startIssuer } from '../support/issuer.js';
import type { TestIssuer } from '../support/issuer.js';

const RESOURCE = 'https://notes.example.com/mcp';
const PATH = '/realms/notes';

let idp: TestIssuer;
let issuer: string;
let places: readonly string[];
beforeAll(async () => {
  idp = await startIssuer(RESOURCE);
  issuer = idp.issuer + PATH;
  places = [
    `/.well-known/oauth-authorization-server${PATH}`,
    `/.well-known/openid-configuration${PATH}`,
    `${PATH}/.well-known/openid-configuration`,
  ];
});
afterAll(() => idp.close());
beforeEach(() => {
  idp.requests.length = 0;
});

type Answer = (res: ServerResponse) => void;
const json = (document: () => unknown, status = 200): Answer => {
  return (res) => res.writeHead(status).end(JSON.stringify(document()));
};
const metadata = (members: object = {}): object => ({
  ...{ issuer, jwks_uri: `${idp.issuer}/jwks`, introspection_endpoint: `${idp.issuer}/ask` },
  ...members,
});
const GOOD = json(metadata);

/** Everything that a place may answer without being a find. */
const ANSWERS: readonly (readonly [what: string, answer: Answer, cause: RegExp])[] = [
  [
    'HTML with 200',
    (res) => res.writeHead(200, { 'content-type': 'text/html' }).end('<html>Not here</html>'),
    /answered with no JSON/,
  ],
  ['a redirect', (res) => res.writeHead(302, { location: '/elsewhere' }).end(), /answered 302/],
  ['404', json(() => ({}), 404), /answered 404/],
  ['500', json(metadata, 500), /answered 500/],
  ['a closed connection', (res) => void res.destroy(), /could not be read/],
  ['another issuer', json(() => metadata({ issuer: `${issuer}/` })), /names issuer "http/],
  ['no issuer', json(() => metadata({ issuer: undefined })), /names issuer none/],
  ['no URL of it', json(() => ({ issuer })), /names no (?:jwks_uri|introspection_endpoint)/],
  [
    'a number in its place',
    json(() => metadata({ jwks_uri: 7, introspection_endpoint: 7 })),
    /(?:jwks_uri|introspection_endpoint) of http\S+: \S+ is not an absolute URL/,
  ],
  [
    'a path in its place',
    json(() => metadata({ jwks_uri: '/jwks', introspection_endpoint: '/ask' })),
    /(?:jwks_uri|introspection_endpoint) of http\S+: \S+ is not an absolute URL/,
  ],
  ['a list', json(() => [metadata()]), /no JSON object/],
  ['null', json(() => null), /no JSON object/],
  [
    'a URL on plain http elsewhere',
    json(() => ({
      ...{ issuer, jwks_uri: 'http://evil.example.com/' },
      introspection_endpoint: 'http://evil.example.com/',
    })),
    /must use https/,
  ],
  [
    'more than 256 KiB',
    (res) => res.writeHead(200).end(`{"x":"${'x'.repeat(300_000)}"}`),
    /more than 262144 bytes/,
  ],
];

/** Lets each place answer in its own way, the first ones first. */
function serve(answers: readonly Answer[]): void {
  idp.answerWith((req, res) => {
    const at = places.indexOf(req.url ?? '');
    if (req.url === '/jwks') res.end(JSON.stringify({ keys: [idp.publicJwk] }));
    else (answers[at] ?? json(() => ({}), 404))(res);
  });
}

const options = { fetch: (url: string, init: RequestInit) => fetch(url, init) };
const MEMBERS = [
  ['jwks_uri', '/jwks'],
  ['introspection_endpoint', '/ask'],
] as const;

describe.each(MEMBERS)('%s', (member, path) => {
  describe.each(ANSWERS)('%s', (_what, answer, cause) => {
    test.each([1, 2])(
      'at %i places: the next one is asked [DI-1, DI-2, DI-3, DI-4, T186]',
      async (bad) => {
        serve([...Array.from({ length: bad }, () => answer), GOOD, GOOD]);
        expect(await discoverUrl(issuer, member, options)).toBe(idp.issuer + path);
        expect(idp.requests).toEqual(places.slice(0, bad + 1));
      },
    );

    test('everywhere: the error names each URL and its cause [DI-5, T186]', async () => {
      serve([answer, answer, answer]);
      const error: unknown = await discoverUrl(issuer, member, options).catch((e: unknown) => e);
      const message = String(error);
      expect(idp.requests).toEqual(places);
      expect(message).toContain(`no metadata of ${issuer} names ${member}: `);
      for (const place of places) expect(message).toContain(idp.issuer + place);
      expect(message.split('; ').length).toBe(3);
      for (const part of message.split('; ')) expect(part).toMatch(cause);
    });
  });

  test('every two bad answers, in either order [DI-2, T186]', async () => {
    for (const [, first] of ANSWERS) {
      for (const [, second] of ANSWERS) {
        serve([first, second, GOOD]);
        expect(await discoverUrl(issuer, member, options)).toBe(idp.issuer + path);
      }
    }
  }, 60_000);
});

test('a place that hangs is left after its time [DI-2, T81]', async () => {
  serve([() => undefined, GOOD]);
  expect(await discoverUrl(issuer, 'jwks_uri', { ...options, timeout: 500 })).toBe(
    `${idp.issuer}/jwks`,
  );
});

test('what a server writes cannot break the lines of a log [DI-5]', async () => {
  const evil = json(() => metadata({ jwks_uri: `x\n\u009B${'y'.repeat(10_000)}` }));
  serve([evil, evil, evil]);
  const error: unknown = await discoverUrl(issuer, 'jwks_uri', options).catch((e: unknown) => e);
  expect(String(error)).toMatch(/^[ -~]{1,1500}$/);
});

describe('through a gate', () => {
  const gateWith = (errors: unknown[], clock = Date.now) =>
    createGate({
      resource: RESOURCE,
      verifier: jwtVerifier({ issuer, allowInsecureLoopback: true, clock, cache: false }),
      scopes: ['notes:read'],
      onError: (error) => errors.push(error),
      clock,
    });
  const check = async (gate: ReturnType<typeof gateWith>) => {
    const headers = { authorization: `Bearer ${await idp.token({ iss: issuer })}` };
    return gate.check(new Request(RESOURCE, { headers }), 'notes:read');
  };

  test.each(ANSWERS)(
    '%s everywhere: 503 with Retry-After, one attempt until it is tried again [DI-5, T186]',
    async (_what, answer) => {
      serve([answer, answer, answer]);
      let later = 0;
      const errors: unknown[] = [];
      const gate = gateWith(errors, () => Date.now() + later);
      for (let i = 0; i < 3; i++) {
        const decision = await check(gate);
        expect(decision).toMatchObject({ allowed: false, status: 503 });
        const names = decision.headers.map(([name]) => name.toLowerCase());
        expect(names).toContain('retry-after');
        expect(names).not.toContain('www-authenticate');
      }
      expect(idp.requests).toEqual(places);
      for (const place of places) expect(String(errors[0])).toContain(place);
      serve([answer, answer, GOOD]);
      later = 5_000;
      expect(await check(gate)).toMatchObject({ allowed: true });
    },
  );

  test('keys that are known stay in use when no place answers any more [DI-5, AH-14]', async () => {
    serve([GOOD]);
    let later = 0;
    const gate = gateWith([], () => Date.now() + later);
    expect(await check(gate)).toMatchObject({ allowed: true });
    idp.answerWith((_req, res) => res.writeHead(500).end());
    const token = await idp.token({ iss: issuer, exp: Math.floor(Date.now() / 1000) + 7200 });
    later = 1_800_000;
    const headers = { authorization: `Bearer ${token}` };
    expect(await gate.check(new Request(RESOURCE, { headers }), 'notes:read')).toMatchObject({
      allowed: true,
    });
  });
});
