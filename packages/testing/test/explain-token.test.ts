import { describe, expect, test } from 'vitest';
import { byTokenForm, createGate, staticTokens } from '@scopegate/core';
import type { Gate, GateOptions } from '@scopegate/core';
import { dpop, memoryReplayStore } from '@scopegate/core/dpop';
import { introspectionVerifier } from '@scopegate/core/introspection';
import { mtls } from '@scopegate/core/mtls';
import { auth0, okta } from '@scopegate/core/providers';
import { memoryRevocations } from '@scopegate/core/revocations';
import {
  adversarialTokens,
  createTestIssuer,
  explainToken,
  formatExplanation,
} from '../src/index.js';
import type { MintOptions } from '../src/index.js';
import {
  FIXTURES,
  MISFITS,
  NOW,
  RESOURCE,
  tokenOf,
} from '../../core/test/support/provider-fixtures.js';

const issuer = createTestIssuer({ resource: RESOURCE, clock: () => NOW * 1000 });
const mint: MintOptions = { scopes: ['notes:read'] };

function gateWith(options: Partial<GateOptions> = {}): Gate {
  return createGate({
    resource: RESOURCE,
    ...(options.provider === undefined && { verifier: issuer.verifier() }),
    scopes: ['notes:read', 'notes:write'],
    clock: () => NOW * 1000,
    ...options,
  });
}

/** No text of the token, longer than what could be there by chance. */
function expectNothingOf(token: string, text: string): void {
  for (const part of token.split('.')) {
    for (let at = 0; at + 12 <= part.length; at += 6) {
      expect(text).not.toContain(part.slice(at, at + 12));
    }
  }
}

test('a good token: all checks hold', async () => {
  const token = await issuer.mintToken(mint);
  const { outcome, checks, hints } = await explainToken(gateWith(), token);
  expect(outcome).toBe('accepted');
  expect(hints).toEqual([]);
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(checks.map(({ check }) => check)).toEqual([
    ...['syntax', 'form', 'alg', 'typ', 'extensions', 'cty', 'kid'],
    ...['iss', 'aud', 'exp', 'nbf', 'iat'],
    ...['kind', 'cnf', 'claims', 'verifier', 'scopes'],
  ]);
});

test('a refused token always has a failed check, and no part of it is shown [T72]', async () => {
  const gate = gateWith();
  for (const { name, token } of await adversarialTokens({ issuer, mint })) {
    const explanation = await explainToken(gate, token);
    expect(explanation.outcome, name).toBe('refused');
    expect(
      explanation.checks.some(({ ok }) => !ok),
      name,
    ).toBe(true);
    for (const { ok, setting, expected, found } of explanation.checks) {
      expect([setting !== undefined, expected !== '', found !== ''], name).toEqual([
        !ok,
        true,
        true,
      ]);
    }
    if (token.length > 40) expectNothingOf(token, JSON.stringify(explanation));
  }
});

describe('says what is wrong and what to change', () => {
  const cases: readonly [MintOptions, check: string, found: RegExp, setting: RegExp][] = [
    [
      { audience: `${RESOURCE}/` },
      'aud',
      /slash at its end too many/,
      /jwtVerifier\({ audience }\)/,
    ],
    [{ audience: 'https://notes.example.com/MCP' }, 'aud', /upper and lower case/, /RFC 8707/],
    [
      { audience: 'https://notes.example.com/other' },
      'aud',
      /same host and another path/,
      /RFC 8707/,
    ],
    [{ audience: 'https://notes.example.com:8443/mcp' }, 'aud', /another port/, /RFC 8707/],
    [{ audience: 'http://notes.example.com/mcp' }, 'aud', /scheme or query/, /RFC 8707/],
    [{ audience: ` ${RESOURCE}` }, 'aud', /white space/, /RFC 8707/],
    [{ audience: 'notes' }, 'aud', /^"notes"$/, /RFC 8707/],
    [{ audience: null }, 'aud', /^missing$/, /RFC 8707/],
    [{ claims: { aud: [RESOURCE, 7] } }, 'aud', /7/, /RFC 8707/],
    [{ claims: { aud: [] } }, 'aud', /\[\]/, /RFC 8707/],
    [{ claims: { sub: 42 } }, 'claims', /of another type: sub "?42/, /types/],
    [{ claims: { client_id: ['c'] } }, 'claims', /of another type: client_id/, /types/],
    [{ claims: { jti: true } }, 'claims', /of another type: jti/, /types/],
    [{ claims: { iss: 'https://idp.test/' } }, 'iss', /slash at its end too many/, /exactly/],
    [{ claims: { iss: undefined } }, 'iss', /^missing$/, /issuer/],
    [{ header: { typ: 'JWT' } }, 'typ', /JWT/, /typ: 'JWT'/],
    [{ header: { typ: undefined } }, 'typ', /missing/, /typ: null/],
    [{ header: { typ: 'dpop+jwt' } }, 'typ', /dpop/, /another kind/],
    [{ header: { crit: ['urn:x'], 'urn:x': 1 } }, 'extensions', /crit/, /turn the extension off/],
    [{ header: { cty: 'JWT' } }, 'cty', /"JWT"/, /nested JWTs are not read/],
    [{ header: { kid: 7 } }, 'kid', /^7$/, /as a string/],
    [{ expiresIn: -120 }, 'exp', /2027-01-15T07:58:00.000Z \(120 s ago\)/, /new token/],
    [{ claims: { exp: NOW * 1000 } }, 'exp', /^1800000000000$/, /milliseconds/],
    [{ claims: { exp: 'soon' } }, 'exp', /"soon"/, /new token/],
    [{ claims: { nbf: NOW + 90 } }, 'nbf', /in 90 s/, /clocks/],
    [{ claims: { iat: 'now' } }, 'iat', /"now"/, /number/],
    [
      { claims: { token_use: 'id', at_hash: 'x', typ: 'ID' } },
      'kind',
      /typ ID, token_use id, at_hash/,
      /access token/,
    ],
    [{ claims: { cnf: { jkt: 'x' } } }, 'cnf', /jkt/, /createGate\(\{ dpop \}\)/],
  ];
  test.each(cases)('%j', async (options, check, found, setting) => {
    const explanation = await explainToken(
      gateWith(),
      await issuer.mintToken({ ...mint, ...options }),
    );
    expect(explanation.outcome).toBe('refused');
    const wrong = explanation.checks.filter(({ ok }) => !ok);
    expect(wrong.map((one) => one.check)).toEqual([check, 'verifier']);
    expect(wrong[0]?.found).toMatch(found);
    expect(wrong[0]?.setting).toMatch(setting);
  });

  test('an issuer ahead of this machine', async () => {
    const token = await issuer.mintToken({ ...mint, claims: { iat: NOW + 100 } });
    const { checks } = await explainToken(gateWith(), token);
    expect(checks.find(({ check }) => check === 'iat')?.found).toMatch(/behind the issuer/);
  });

  test('claims that are asked for', async () => {
    const gate = gateWith({ verifier: issuer.verifier({ requiredClaims: ['tenant', 'sub'] }) });
    const { checks } = await explainToken(gate, await issuer.mintToken(mint));
    expect(checks.find(({ check }) => check === 'claims')?.found).toBe('missing: tenant');
  });

  test('another audience beside the right one is refused with exclusiveAudience only [JW-3, T65]', async () => {
    const token = await issuer.mintToken({ ...mint, audience: [RESOURCE, 'x'] });
    expect(await explainToken(gateWith(), token)).toMatchObject({ outcome: 'accepted' });
    const verifier = issuer.verifier({ exclusiveAudience: ['account'] });
    const { outcome, checks } = await explainToken(gateWith({ verifier }), token);
    expect(outcome).toBe('refused');
    const aud = checks.find(({ check }) => check === 'aud');
    expect(aud).toMatchObject({
      ok: false,
      expected: `${RESOURCE}, with nothing beside it but account`,
    });
    expect(aud?.setting).toMatch(/exclusiveAudience: \["account","x"\]/);
  });

  test('an audience that repeats the token is not shown in what to change [T72]', async () => {
    const [header = ''] = (await issuer.mintToken(mint)).split('.');
    const token = await issuer.mintToken({ ...mint, audience: [RESOURCE, header] });
    const verifier = issuer.verifier({ exclusiveAudience: [] });
    const explanation = await explainToken(gateWith({ verifier }), token);
    const aud = explanation.checks.find(({ check }) => check === 'aud');
    expect(aud?.setting).toContain('exclusiveAudience: ["[redacted]"]');
    expectNothingOf(token, JSON.stringify(explanation));
  });

  test('claims that are asked for, and of another type [SB-7, T152]', async () => {
    const gate = gateWith({ verifier: issuer.verifier({ requiredClaims: ['auth_time', 'azp'] }) });
    const claims = { auth_time: 'now', azp: ['c'] };
    const { outcome, checks } = await explainToken(
      gate,
      await issuer.mintToken({ ...mint, claims }),
    );
    expect(outcome).toBe('refused');
    expect(checks.find(({ check }) => check === 'claims')?.found).toMatch(
      /of another type: auth_time .*; of another type: azp/,
    );
  });

  test('an audience that is only observed', async () => {
    const audience = { mode: 'observe', until: new Date((NOW + 60) * 1000) } as const;
    const verifier = issuer.verifier({ audience, onWarning: () => undefined });
    const token = await issuer.mintToken({ ...mint, audience: 'other' });
    const { outcome, checks } = await explainToken(gateWith({ verifier }), token);
    expect(outcome).toBe('accepted');
    expect(checks.find(({ check }) => check === 'aud')).toMatchObject({
      ok: true,
      found: '"other"',
    });
  });

  test('a signature', async () => {
    const other = createTestIssuer({ resource: RESOURCE, clock: issuer.clock });
    const { checks } = await explainToken(gateWith(), await other.mintToken(mint));
    const wrong = checks.filter(({ ok }) => !ok);
    expect(wrong).toMatchObject([
      { check: 'verifier', found: 'refused, although all checks above hold' },
    ]);
    expect(wrong[0]?.setting).toMatch(/signature does not hold/);
  });

  test('HS256', async () => {
    const token = (await adversarialTokens({ issuer })).find(({ name }) =>
      /as JWK/.test(name),
    )?.token;
    const { checks } = await explainToken(gateWith(), String(token));
    expect(checks.find(({ check }) => check === 'alg')?.setting).toMatch(/shared secret/);
  });

  test.each([
    ['oat_0123456789abcdef', 'form', /an opaque token\?/],
    ['a.b.c.d.e', 'form', /an encrypted JWT/],
    ['Bearer eyJhbGciOiJub25lIn0.e30.', 'syntax', /begins with "Bearer "/],
    ['with space', 'syntax', /10 characters/],
  ])('%s', async (token, check, found) => {
    const { checks } = await explainToken(gateWith(), token);
    expect(checks.find((one) => one.check === check)).toMatchObject({ ok: false });
    expect(checks.find((one) => one.check === check)?.found).toMatch(found);
  });

  test.each([
    [[], /no scopes/],
    [['Notes:Read', 'admin'], /"Notes:Read","admin".*which grants \[\]/],
  ])('scopes %j', async (scopes, found) => {
    const { outcome, checks } = await explainToken(gateWith(), await issuer.mintToken({ scopes }));
    expect(outcome).toBe('accepted');
    expect(checks.at(-1)).toMatchObject({ check: 'scopes', ok: false });
    expect(checks.at(-1)?.found).toMatch(found);
  });
});

test('an issuer that does not answer, and a verifier whose error contains the token [T72]', async () => {
  const token = await issuer.mintToken(mint);
  const verifier = (): never => {
    throw new Error(`no answer for ${token}`);
  };
  const explanation = await explainToken(gateWith({ verifier }), token);
  expect(explanation).toMatchObject({
    outcome: 'unavailable',
    checks: [
      { check: 'syntax', ok: true },
      { check: 'verifier', found: 'it cannot tell: Error: no answer for [token]' },
    ],
  });
  expectNothingOf(token, JSON.stringify(explanation));
  const thrown = await explainToken(
    gateWith({ verifier: () => Promise.reject('x' as never) }),
    token,
  );
  expect(thrown.checks[1]?.found).toMatch(/something was thrown/);
});

describe('a verifier that chooses by the token is explained by the one it chooses', () => {
  const opaque = (token: string) =>
    token === 'opaque-token' ? { scopes: ['notes:read'] } : undefined;
  const jwt = issuer.verifier({ requiredClaims: ['tenant'] });
  const byForm = byTokenForm({ jwt, opaque });

  test.each([
    ['byTokenForm', byForm],
    ['byTokenForm in another one', byTokenForm({ jwt: byForm, opaque })],
  ])('%s: a JWT by the checks of the JWT verifier', async (_, verifier) => {
    const token = await issuer.mintToken({ ...mint, audience: 'other' });
    const { outcome, checks } = await explainToken(gateWith({ verifier }), token);
    expect(outcome).toBe('refused');
    const wrong = checks.filter(({ ok }) => !ok);
    expect(wrong.map(({ check }) => check)).toEqual(['aud', 'claims', 'verifier']);
  });

  test.each([
    ['opaque-token', 'accepted', ['syntax', 'verifier', 'scopes']],
    ['unknown-token', 'refused', ['syntax', 'verifier']],
  ])('%s: %s, by the opaque verifier alone', async (token, outcome, names) => {
    const explanation = await explainToken(gateWith({ verifier: byForm }), token);
    expect(explanation.outcome).toBe(outcome);
    expect(explanation.checks.map(({ check }) => check)).toEqual(names);
  });

  test('a choice that throws', async () => {
    const choose = (): never => {
      throw new Error('no choice');
    };
    const verifier = Object.assign(opaque, { choose });
    const { outcome, checks } = await explainToken(gateWith({ verifier }), 'opaque-token');
    expect(outcome).toBe('unavailable');
    expect(checks.at(-1)?.found).toBe('it cannot tell: Error: no choice');
  });
});

test('known problems of a provider are named', async () => {
  const misfit = MISFITS.find(({ name }) => name === 'Okta org server') as (typeof MISFITS)[number];
  const { hints } = await explainToken(
    gateWith({ provider: misfit.provider }),
    await tokenOf(misfit),
  );
  expect(hints.join()).toContain('this is an Okta org server token');
  const provider = auth0({ domain: 'tenant.eu.auth0.com' });
  const opaque = await explainToken(gateWith({ provider }), 'opaque-token');
  expect(opaque.hints.join()).toContain('Resource Parameter Compatibility Profile');
});

test.each(FIXTURES)('$name: accepted, without hints', async (fixture) => {
  const gate = gateWith({ provider: fixture.provider });
  expect(await explainToken(gate, await tokenOf(fixture))).toMatchObject({
    outcome: 'accepted',
    hints: [],
  });
});

test('an explanation in words', async () => {
  const provider = okta({ domain: 'example.okta.com', clock: issuer.clock });
  const token = await issuer.mintToken({
    ...mint,
    claims: { iss: 'https://example.okta.com', exp: 1 },
    header: { typ: undefined },
  });
  const text = formatExplanation(await explainToken(gateWith({ provider }), token));
  expect(text).toMatch(/^The token is refused\.\nok {5}syntax: \d+ characters\n/);
  expect(text).toContain(
    [
      'WRONG  iss',
      '       expected  https://example.okta.com/oauth2/default',
      '       found     "https://example.okta.com": it has the same host and another path',
      '       change    jwtVerifier({ issuer }) exactly',
    ].join('\n'),
  );
  expect(text).toMatch(/HINT {3}this is an Okta org server token/);
});

test('control characters are shown as text', async () => {
  const token = await issuer.mintToken({ ...mint, audience: '\u001B[2J\u009Bé' });
  const text = formatExplanation(await explainToken(gateWith(), token));
  expect(text).toMatch(/^[ -~\n]*$/);
});

test('an argument that is not a gate is refused', async () => {
  await expect(explainToken({} as never, 'x')).rejects.toThrow(
    'expected what createGate() returns',
  );
});

describe('an introspected token', () => {
  const explain = (answer: object | (() => Response), token = 'opaque-token-of-some-length') => {
    const verifier = introspectionVerifier({
      ...{ endpoint: 'https://idp.example.com/introspect', clientId: 'notes' },
      clientAuthentication: { method: 'client_secret_basic', secret: 'a-secret-of-the-service' },
      clock: () => NOW * 1000,
      fetch: async (): Promise<Response> =>
        typeof answer === 'function' ? (answer as () => Response)() : Response.json(answer),
    });
    return explainToken(gateWith({ verifier }), token);
  };

  test('accepted: the checks of the answer', async () => {
    const { outcome, checks } = await explain({ active: true, aud: RESOURCE, scope: 'notes:read' });
    expect(outcome).toBe('accepted');
    expect(checks.map(({ check, ok }) => [check, ok])).toEqual(
      ['syntax', 'active', 'iss', 'aud', 'exp', 'nbf', 'type', 'verifier', 'scopes'].map((one) => [
        one,
        true,
      ]),
    );
  });

  test.each<readonly [answer: object, check: string, found: RegExp, setting: RegExp]>([
    [{ active: false }, 'active', /^the endpoint answered inactive$/, /get a new token/],
    [{ active: true }, 'aud', /^missing$/, /let the endpoint name the audience/],
    [{ active: true, aud: 'https://x.example' }, 'aud', /x\.example/, /RFC 8707/],
    [{ active: true, aud: RESOURCE, exp: 0 }, 'exp', /^1970-01-01/, /leave exp out/],
    [
      { active: true, aud: RESOURCE, token_type: 'refresh_token' },
      'type',
      /refresh/,
      /access token/,
    ],
  ])('%j', async (answer, name, found, setting) => {
    const explanation = await explain(answer);
    expect(explanation.outcome).toBe('refused');
    const wrong = explanation.checks.filter(({ ok }) => !ok);
    expect(wrong.map(({ check }) => check)).toEqual([name, 'verifier']);
    expect(wrong[0]?.found).toMatch(found);
    expect(wrong[0]?.setting).toMatch(setting);
    expect(formatExplanation(explanation)).not.toMatch(/signed|signature|published keys/);
    expectNothingOf('opaque-token-of-some-length', formatExplanation(explanation));
  });

  test('no answer: unavailable, with the cause', async () => {
    const { outcome, checks } = await explain(() => new Response('no', { status: 500 }));
    expect(outcome).toBe('unavailable');
    expect(checks.at(-1)?.found).toMatch(/introspect answered 500/);
  });
});

test('a token of staticTokens: nothing about issuers and signatures', async () => {
  const verifier = staticTokens({ 'dev-token-one': { scopes: ['notes:read'] } });
  const explanation = await explainToken(gateWith({ verifier }), 'dev-token-two');
  expect(explanation.outcome).toBe('refused');
  expect(explanation.checks.at(-1)?.setting).toMatch(/staticTokens/);
  expect(formatExplanation(explanation)).not.toMatch(/issuer|signed|signature|keys/);
});

test.each([
  ['a key id that the issuer lacks', { kid: 'another' }, /publishes no key/],
  ['a foreign signature', {}, /signature does not hold/],
])('%s', async (_what, header, setting) => {
  const other = createTestIssuer({ resource: RESOURCE, clock: () => NOW * 1000 });
  const [head = '', payload = ''] = (await issuer.mintToken(mint)).split('.');
  const named = { ...(JSON.parse(Buffer.from(head, 'base64url').toString()) as object), ...header };
  const foreign = (await other.mintToken(mint)).split('.')[2] ?? '';
  const token = `${Buffer.from(JSON.stringify(named)).toString('base64url')}.${payload}.${foreign}`;
  const { checks } = await explainToken(gateWith(), token);
  expect(checks.find(({ ok }) => !ok)?.setting).toMatch(setting);
});

describe('a gate that accepts bound tokens', () => {
  const dpopOf = (required: boolean) => dpop({ required, replay: memoryReplayStore() });
  test.each<
    readonly [
      what: string,
      options: Partial<GateOptions>,
      cnf: object | undefined,
      outcome: string,
      text: RegExp,
    ]
  >([
    ['dpop, its key', { dpop: dpopOf(false) }, { jkt: 'x' }, 'accepted', /needs a DPoP proof/],
    ['dpop, no binding', { dpop: dpopOf(false) }, undefined, 'accepted', /cnf: none/],
    ['dpop required, its key', { dpop: dpopOf(true) }, { jkt: 'x' }, 'accepted', /DPoP proof/],
    ['dpop required, none', { dpop: dpopOf(true) }, undefined, 'refused', /leave `required`/],
    ['dpop, a certificate', { dpop: dpopOf(false) }, { 'x5t#S256': 'x' }, 'refused', /mtls\(\)/],
    ['mtls, its certificate', { mtls: mtls() }, { 'x5t#S256': 'x' }, 'accepted', /certificate/],
    ['mtls required, none', { mtls: mtls({ required: true }) }, undefined, 'refused', /leave/],
    [
      'mtls required, a key',
      { dpop: dpopOf(false), mtls: mtls({ required: true }) },
      { jkt: 'x' },
      'refused',
      /bound by .*x5t#S256/,
    ],
    ['mtls, a key', { mtls: mtls() }, { jkt: 'x' }, 'refused', /dpop\(\)/],
    [
      'both, both',
      { dpop: dpopOf(false), mtls: mtls() },
      { jkt: 'x', 'x5t#S256': 'y' },
      'accepted',
      /proof.* and its client certificate/,
    ],
    ['dpop, an empty cnf', { dpop: dpopOf(false) }, {}, 'refused', /cnf/],
  ])('%s', async (_what, options, cnf, outcome, text) => {
    const token = await issuer.mintToken({ ...mint, ...(cnf && { claims: { cnf } }) });
    const explanation = await explainToken(gateWith(options), token);
    expect(explanation.outcome).toBe(outcome);
    const written = formatExplanation(explanation);
    expect(written).toMatch(text);
    expect(written).not.toContain('turn DPoP');
    expectNothingOf(token, written);
    expect(explanation.checks.filter(({ ok }) => !ok).length > 0).toBe(outcome !== 'accepted');
  });

  test('a revoked token is named as such', async () => {
    const revocations = memoryRevocations({ clock: () => NOW * 1000 });
    await revocations.revoke({ jti: 'j1' }, { until: NOW + 60 });
    const token = await issuer.mintToken({ ...mint, claims: { jti: 'j1' } });
    const explanation = await explainToken(gateWith({ revocations }), token);
    expect(explanation.outcome).toBe('refused');
    expect(formatExplanation(explanation)).toContain('`revocations` of the gate');
  });
});
