import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGate } from '../../../src/index.js';
import type { Decision } from '../../../src/index.js';
import { introspectionVerifier } from '../../../src/token/introspection/index.js';
import { startIntrospectionEndpoint } from '../../support/introspection-endpoint.js';
import type { Asked, IntrospectionEndpoint } from '../../support/introspection-endpoint.js';

const RESOURCE = 'https://notes.example.com/mcp';
const TOKEN = 'opaque-token-nobody-may-see';
const SECRET = 'secret-nobody-may-see';

let endpoint: IntrospectionEndpoint;
beforeAll(async () => {
  endpoint = await startIntrospectionEndpoint();
});
afterAll(() => endpoint.close());

type Answer = object | string | ((asked: Asked, res: ServerResponse) => void);

/** A gate of its own for each answer, so that none is remembered. */
async function checkWith(
  answer: Answer,
  timeout = 4_000,
): Promise<{ decision: Decision; errors: unknown[] }> {
  const errors: unknown[] = [];
  const gate = createGate({
    resource: RESOURCE,
    verifier: introspectionVerifier({
      endpoint: endpoint.url,
      issuer: 'https://idp.example.com',
      clientId: 'notes-api',
      clientAuthentication: { method: 'client_secret_post', secret: SECRET },
      timeout,
      allowInsecureLoopback: true,
    }),
    scopes: ['notes:read'],
    onError: (error) => errors.push(error),
  });
  endpoint.answer(answer);
  const headers = { authorization: `Bearer ${TOKEN}` };
  const decision = await gate.check(new Request(RESOURCE, { headers }), 'notes:read');
  return { decision, errors };
}

const now = Math.floor(Date.now() / 1000);
const good = {
  active: true,
  iss: 'https://idp.example.com',
  aud: RESOURCE,
  scope: 'notes:read',
  token_type: 'Bearer',
  exp: now + 300,
};

test.each<readonly [what: string, answer: object]>([
  ['all members', good],
  ['as few members as may be', { active: true, aud: RESOURCE, scope: 'notes:read' }],
  ['the audience in a list', { ...good, aud: [RESOURCE] }],
  ['token_type in lower case', { ...good, token_type: 'bearer' }],
  ['an access token, as Hydra says it', { ...good, token_use: 'access_token' }],
  ['an access token, as Cognito says it', { ...good, token_use: 'access' }],
  ['an access token, as Keycloak says it', { ...good, typ: 'Bearer' }],
  ['an expiry within the tolerance', { ...good, exp: now - 10 }],
  ['a further audience', { ...good, aud: ['https://other.example.com', RESOURCE] }],
  ['a member that repeats inside of others', { ...good, a: { a: 1 }, b: { a: ['a', { a: 1 }] } }],
])('an honest answer lets in: %s [IN-2, IN-3]', async (_what, answer) => {
  expect((await checkWith(answer)).decision).toMatchObject({ allowed: true });
});

test.each<readonly [what: string, answer: object | string]>([
  ['active false', { ...good, active: false }],
  ['active "true" [IN-2]', { ...good, active: 'true' }],
  ['active 1 [IN-2]', { ...good, active: 1 }],
  ['active null', { ...good, active: null }],
  ['active [true]', { ...good, active: [true] }],
  ['another issuer', { ...good, iss: 'https://evil.example.com' }],
  ['the issuer with a slash', { ...good, iss: 'https://idp.example.com/' }],
  ['issuers in a list', { ...good, iss: ['https://idp.example.com'] }],
  ['another audience', { ...good, aud: 'https://other.example.com/mcp' }],
  ['a longer audience', { ...good, aud: `${RESOURCE}/admin` }],
  ['a further audience that is no string', { ...good, aud: [RESOURCE, 7] }],
  ['no audience', { ...good, aud: undefined }],
  ['an empty list of audiences', { ...good, aud: [] }],
  ['an audience that is null', { ...good, aud: null }],
  ['an audience that is an object', { ...good, aud: { 0: RESOURCE } }],
  ['an expiry in the past', { ...good, exp: now - 31 }],
  ['an expiry as text', { ...good, exp: String(now + 300) }],
  ['an expiry in milliseconds', { ...good, exp: (now + 300) * 1000 }],
  ['an expiry that is null', { ...good, exp: null }],
  ['an expiry without end', JSON.stringify(good).replace(/"exp":\d+/, '"exp":1e999')],
  ['a start in the future', { ...good, nbf: now + 60 }],
  ['a start as text', { ...good, nbf: '0' }],
  ['a key binding [IN-6]', { ...good, cnf: { jkt: 'x' } }],
  ['a key binding, said twice [IN-6]', { ...good, cnf: { jkt: 'x' }, token_type: 'DPoP' }],
  ['a certificate binding [IN-6]', { ...good, cnf: { 'x5t#S256': 'x' } }],
  ['an odd binding [IN-6]', { ...good, cnf: null }],
  ['DPoP without its key [IN-6]', { ...good, token_type: 'DPoP' }],
  ['another kind of token', { ...good, token_type: 'mac' }],
  ['a kind that is no text', { ...good, token_type: ['Bearer'] }],
  ['a kind with a space', { ...good, token_type: 'Bearer ' }],
  ['a refresh token, as Hydra says it [T66]', { ...good, token_use: 'refresh_token' }],
  ['a refresh token, as Keycloak says it [T66]', { ...good, typ: 'Refresh' }],
  ['an ID token [T66]', { ...good, typ: 'ID' }],
])('an answer that refuses: %s [T85]', async (_what, answer) => {
  const { decision, errors } = await checkWith(answer);
  expect(decision).toMatchObject({ allowed: false, status: 401, reason: 'invalid_token' });
  expect(errors).toEqual([]);
});

const json = JSON.stringify(good);
const send =
  (status: number, headers: Record<string, string>, body = json): Answer =>
  (_asked, res) => {
    res.writeHead(status, headers).end(body);
  };

/** What is waited for in vain; the other answers come, however busy the machine is. */
const WAITS: readonly string[] = ['half an answer', 'silence'];

test.each<readonly [what: string, answer: Answer, says: RegExp]>([
  ['no member', '{}', /without `active`/],
  ['a list', [good], /no JSON object/],
  ['text', '"active"', /no JSON object/],
  ['null', 'null', /no JSON object/],
  ['true', 'true', /no JSON object/],
  ['active in a prototype', '{"__proto__":{"active":true}}', /without `active`/],
  ['active twice', json.replace('{', '{"active":false,'), /repeated member/],
  ['active twice, in other spellings', json.replace('}', ',"\\u0061ctive" : true}'), /repeated/],
  ['scope twice', json.replace('{', '{"scope":"none",'), /repeated member/],
  ['a repeat inside', json.replace('{', '{"cnf":{"jkt":"a","j\\u006bt":"b"},'), /repeated/],
  ['a repeat behind a long text', `{"a":"${'\\"]'.repeat(60_000)}","a":1}`, /repeated member/],
  ['HTML', '<!doctype html><title>Log in</title>', /no JSON$/],
  ['nothing', '', /no JSON$/],
  ['the token, thrown back', TOKEN, /no JSON$/],
  ['a JWT', 'eyJhbGciOiJFUzI1NiJ9.e30.AA', /no JSON$/],
  [
    'a JWT by its type',
    send(200, { 'content-type': '  Application/token-introspection+jwt; charset=utf-8' }),
    /RFC 9701/,
  ],
  [
    'bytes that are no UTF-8',
    (_asked, res) => res.end(Buffer.from([0x7b, 0xff, 0x7d])),
    /TypeError/,
  ],
  [
    'more than 256 KiB',
    `{"active":true,"x":"${'x'.repeat(256 * 1024)}"}`,
    /more than 262144 bytes/,
  ],
  ['nested without end', `{"active":true,"x":${'['.repeat(100_000)}`, /no JSON$/],
  ['status 204', send(204, {}, ''), /answered 204/],
  ['status 201', send(201, {}), /answered 201/],
  ['a redirect', send(307, { location: '/elsewhere' }), /answered 307/],
  ['status 400', send(400, {}, '{"error":"invalid_request"}'), /answered 400/],
  ['status 400 and active', send(400, {}), /answered 400/],
  ['status 401', send(401, {}), /refused this client \(401\).*clientAuthentication/],
  ['status 403', send(403, {}), /refused this client \(403\)/],
  ['status 404', send(404, {}), /answered 404/],
  ['status 500', send(500, {}), /answered 500/],
  ['status 503', send(503, {}), /answered 503/],
  ['a broken connection', (_asked, res) => res.destroy(), /could not be read: TypeError/],
  ['half an answer', (_asked, res) => void res.writeHead(200).write(json.slice(0, 20)), /300 ms/],
  [
    'half an answer, then a broken connection',
    (_asked, res) => void res.writeHead(200).write(json.slice(0, 20), () => res.destroy()),
    /could not be read/,
  ],
  ['silence', () => undefined, /took longer than 300 ms/],
  [
    'an answer without end',
    (_asked, res) => {
      const more = (): void => void (res.write(' '.repeat(64 * 1024)) ? setImmediate(more) : 0);
      res.on('drain', more);
      more();
    },
    /more than 262144 bytes/,
  ],
])('no usable answer is a 503: %s [T85, IN-5, AH-14]', async (what, answer, says) => {
  const before = endpoint.asked.length;
  const { decision, errors } = await checkWith(answer, WAITS.includes(what) ? 300 : undefined);
  expect(decision).toMatchObject({ allowed: false, status: 503, reason: 'verifier_unavailable' });
  expect(decision.headers.map(([name]) => name)).not.toContain('WWW-Authenticate');
  expect(errors).toEqual([expect.any(Error)]);
  expect((errors[0] as Error).message).toMatch(says);
  expect((errors[0] as Error).message).toContain(endpoint.url);
  // One question, and none where a redirect pointed.
  expect(endpoint.asked.slice(before).map(({ url }) => url)).toEqual(['/introspect']);
  for (const shown of [inspect(errors, { depth: 9, showHidden: true }), inspect(decision)]) {
    expect(shown).not.toMatch(/nobody-may-see/);
  }
});

test('a token that the server cannot introspect is refused [T85, IN-5]', async () => {
  const { decision, errors } = await checkWith(
    send(400, {}, '{"error":"unsupported_token_type","error_description":"JWT"}'),
  );
  expect(decision).toMatchObject({ allowed: false, status: 401 });
  expect(errors).toEqual([]);
});

test('an answer is a JWT by its type alone, not by what is said beside it', async () => {
  const type = 'application/json; like="application/token-introspection+jwt"';
  const { decision } = await checkWith(send(200, { 'content-type': type }));
  expect(decision).toMatchObject({ allowed: true });
});

test('a polluted prototype completes no answer [T85]', async () => {
  const members = { active: true, aud: RESOURCE, scope: 'notes:read', issuer: 'x' };
  const all: object = Object.prototype;
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(all, name, { value, configurable: true, writable: true });
  }
  try {
    expect((await checkWith('{}')).decision).toMatchObject({ status: 503 });
    expect((await checkWith('{"active":true}')).decision).toMatchObject({ status: 401 });
    const partial = JSON.stringify({ active: true, aud: RESOURCE });
    expect((await checkWith(partial)).decision).toMatchObject({ status: 403 });
  } finally {
    for (const name of Object.keys(members)) Reflect.deleteProperty(all, name);
  }
});
