/** Nobody but the proxy says to the upstream who is calling. */
import { expect, test } from 'vitest';
import { exchange } from '../../adapter-testkit/src/wire/raw-http.js';
import { TOKENS, gateFor, json, startFront, startUpstream } from './support.js';
import type { NotesOptions } from './support.js';

/** As the documentation of each of these spells them. */
const IDENTITY = [
  ...[
    'X-Goog-Authenticated-User-Email',
    'X-Goog-Authenticated-User-Id',
    'X-Goog-IAP-JWT-Assertion',
  ],
  ...['X-MS-CLIENT-PRINCIPAL', 'X-MS-CLIENT-PRINCIPAL-ID', 'X-MS-CLIENT-PRINCIPAL-NAME'],
  ...['X-MS-TOKEN-AAD-ACCESS-TOKEN', 'X-MS-TOKEN-AAD-ID-TOKEN', 'X-ARR-ClientCert'],
  ...['x-amzn-oidc-data', 'x-amzn-oidc-identity', 'x-amzn-oidc-accesstoken'],
  ...['X-Amzn-Mtls-Clientcert-Subject', 'x-amzn-request-context'],
  ...['Cf-Access-Jwt-Assertion', 'Cf-Access-Authenticated-User-Email', 'Cf-Access-Client-Id'],
  ...['Tailscale-User-Login', 'Tailscale-User-Name', 'X-WEBAUTH-USER', 'X-WEBAUTH-EMAIL'],
  ...['X-Forwarded-Client-Cert', 'X-Forwarded-Tls-Client-Cert', 'X-Forwarded-User'],
  ...['X-Forwarded-Email', 'X-Forwarded-Groups', 'X-Forwarded-Preferred-Username'],
  ...['X-Forwarded-Access-Token', 'X-Auth-Request-User', 'X-Auth-Request-Access-Token'],
  ...['Remote-User', 'Remote-Groups', 'X-Remote-User', 'X-Remote-Group', 'X-Remote-Extra-Scopes'],
  ...['X-SSL-Client-Cert', 'X-SSL-Client-DN', 'SSL-Client-Cert', 'ssl-client-verify'],
  ...['Client-Cert', 'Client-Cert-Chain', 'X-Client-Cert', 'X-Authenticated-User'],
  ...['X-Authenticated-UserId', 'X-Consumer-Username', 'X-Userinfo', 'X-Apigateway-Api-Userinfo'],
  ...['X-authentik-username', 'X-Pomerium-Jwt-Assertion', 'X-Vouch-User', 'OIDC_CLAIM_sub'],
  ...['SM_USER', 'iv-user', 'Shib-Identity-Provider', 'X-Replit-User-Id', 'X-User-Email'],
];

async function sent(
  names: readonly string[],
  options: NotesOptions = {},
): Promise<{ readonly status: number; readonly lines: readonly string[] }> {
  const lines: string[] = [];
  const upstream = await startUpstream((req, res) => {
    for (let i = 0; i < req.rawHeaders.length; i += 2) {
      lines.push(`${req.rawHeaders[i]}: ${req.rawHeaders[i + 1]}`);
    }
    json(res, {});
  });
  const front = await startFront(upstream.url, { rule: 'notes:read', ...options }, gateFor());
  const { origin, pathname } = new URL(front.url);
  const headers = [
    ['Authorization', `Bearer ${TOKENS.reader}`] as const,
    ...names.map((name) => [name, 'forged'] as const),
  ];
  const { status } = await exchange(origin, { target: pathname, headers });
  return { status, lines };
}

const isForged = (line: string): boolean => line.includes('forged');

/** Other names that CGI makes the same variable of. */
function spellings(name: string): readonly string[] {
  const parts = name.split(/[-_]/);
  return ['-', '_', '.', '~', "'"].map((separator) => parts.join(separator));
}

test.each(IDENTITY)(
  '%s, however it is spelt, does not reach the upstream [T195, T42]',
  async (name) => {
    for (const forwarded of ['drop', 'pass'] as const) {
      const all = [...spellings(name), name.toUpperCase(), name.toLowerCase()];
      const { status, lines } = await sent(all, { forwarded });
      expect([status, lines.filter(isForged)]).toEqual([200, []]);
    }
  },
);

test('headers that name no user are sent', async () => {
  const names = [
    'X-Custom',
    'X-Request-Id',
    'Traceparent',
    'Mcp-Session-Id',
    'X-Users',
    'X-Api-Key',
  ];
  const { lines } = await sent(names);
  expect(lines.filter(isForged)).toEqual(
    names.map((name) => `${name.toLowerCase()}: forged`).toSorted(),
  );
});

test('an identity header is sent if headers names it', async () => {
  const { lines } = await sent(['X-Forwarded-Client-Cert', 'X_Forwarded_Client_Cert'], {
    headers: {
      'X-Forwarded-Client-Cert': (_auth, request) =>
        request.headers.get('x-forwarded-client-cert') ?? undefined,
    },
  });
  expect(lines.filter(isForged)).toEqual(['x-forwarded-client-cert: forged']);
});

test.each(['X-Caller', 'X_Caller', 'X.Caller', 'x-CALLER', "X'Caller", 'X~Caller'])(
  "%s does not take the place of the proxy's own [T195]",
  async (name) => {
    const headers = {
      'X-Caller': (auth: { subject?: unknown } | undefined) => String(auth?.subject),
    };
    const { lines } = await sent([name, name], { headers });
    expect(lines.filter((line) => /^x.caller: /i.test(line))).toEqual(['x-caller: ray']);
    // Of somebody who has no name, too.
    const nobody = await sent([name], { headers: { 'x.caller': () => undefined } });
    expect(nobody.lines.filter((line) => /^x.caller: /i.test(line))).toEqual([]);
  },
);

test('`Connection` removes neither headers of the proxy nor headers that the gate read [T195]', async () => {
  const lines: string[] = [];
  const upstream = await startUpstream((req, res) => {
    lines.push(...Object.keys(req.headers), String(req.headers['x-caller']));
    json(res, {});
  });
  const options: NotesOptions = { headers: { 'X-Caller': 'ray' } };
  const { origin, pathname } = new URL((await startFront(upstream.url, options)).url);
  const { status } = await exchange(origin, {
    ...{ method: 'POST', target: pathname },
    body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    headers: [
      ['Authorization', `Bearer ${TOKENS.reader}`],
      ['Content-Type', 'application/json'],
      ['Mcp-Method', 'ping'],
      ['X-Named', 'forged'],
      ['Connection', 'close, x-caller, x-named, mcp-method, content-type'],
    ],
  });
  expect(status).toBe(200);
  expect(lines).toEqual(expect.arrayContaining(['x-caller', 'mcp-method', 'content-type', 'ray']));
  expect(lines).not.toContain('x-named');
});

test.each([
  ['header', { header: 'X-Notes-Token' }, 'X-Notes-Token', ''],
  ['cookie', { cookie: 'session' }, 'Cookie', 'session='],
])('the token in a %s is not forwarded, in any spelling [T71]', async (...row) => {
  const [, tokenFrom, name, prefix] = row;
  const lines: string[] = [];
  const upstream = await startUpstream((req, res) => {
    lines.push(...req.rawHeaders);
    json(res, {});
  });
  const front = await startFront(upstream.url, { rule: 'notes:read' }, gateFor({ tokenFrom }));
  const { origin, pathname } = new URL(front.url);
  const others = spellings(name).slice(1);
  const headers = [
    [name, prefix + TOKENS.reader] as const,
    ['Authorization', 'Bearer other'] as const,
    ...others.map((other) => [other, 'forged'] as const),
  ];
  expect(await exchange(origin, { target: pathname, headers })).toMatchObject({ status: 200 });
  expect(lines.join('\n')).not.toMatch(/notes.token|cookie|session|authorization/i);
  expect(lines.join('\n')).not.toContain(TOKENS.reader);
});
