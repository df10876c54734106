/** What a gate with `dpop` answers, byte for byte. */
import { describe, expect, test } from 'vitest';
import {
  InsufficientScopeError,
  createGate,
  fromSdkVerifier,
  insufficientScope,
} from '../../../src/index.js';
import { insufficientScopeResult } from '../../../src/mcp/index.js';
import { dpop, memoryReplayStore } from '../../../src/token/dpop/index.js';
import {
  NOW,
  RESOURCE,
  challengeOf,
  createKey,
  proofOf,
  requestOf,
  startDpop,
} from '../../support/dpop.js';
import { ALGORITHMS } from '../../support/signing.js';

const METADATA = 'https://notes.example.com/.well-known/oauth-protected-resource/mcp';
const ALGS = 'algs="ES256 ES384 ES512 EdDSA Ed25519 PS256 PS384 PS512 RS256 RS384 RS512"';
const BAD_TOKEN = 'error_description="The access token is invalid or expired"';
const key = createKey();

describe('a proof that holds', () => {
  test.each(ALGORITHMS.map(({ alg }) => alg))('%s [DP-2]', async (alg) => {
    const service = startDpop();
    const one = createKey(alg);
    const decision = await service.send(one, service.token(one));
    expect(decision).toMatchObject({ allowed: true, auth: { subject: 'ray' } });
    expect(decision.headers).toEqual([['Vary', 'Authorization']]);
  });

  test('a fresh one for each request, with the same key and token [DP-11]', async () => {
    const service = startDpop();
    const token = service.token(key);
    for (let i = 0; i < 5; i++)
      expect(await service.send(key, token)).toMatchObject({ allowed: true });
  });

  test('claims and header members that it need not have are ignored', async () => {
    const service = startDpop();
    const claims = { content_digest: 'sha-256=:x:', iss: 'c1', nonce: 'unasked', exp: NOW + 60 };
    const sent = { claims, header: { kid: 'k1' } };
    expect(await service.send(key, service.token(key), sent)).toMatchObject({ allowed: true });
  });

  test('a key that is not the token’s is refused, whoever signed [DP-6]', async () => {
    const service = startDpop();
    const decision = await service.send(createKey(), service.token(key));
    expect(decision).toMatchObject({ allowed: false, status: 401, reason: 'invalid_token' });
    expect(challengeOf(decision)).toBe(
      `DPoP error="invalid_token", scope="notes:read", resource_metadata="${METADATA}", ${BAD_TOKEN}, ${ALGS}`,
    );
  });
});

describe('challenges', () => {
  test.each([
    [null, `Bearer scope="notes:read", resource_metadata="${METADATA}", DPoP ${ALGS}`],
    ['Basic x', `Bearer scope="notes:read", resource_metadata="${METADATA}", DPoP ${ALGS}`],
    [
      'Bearer unknown',
      `Bearer error="invalid_token", scope="notes:read", resource_metadata="${METADATA}", ${BAD_TOKEN}, DPoP ${ALGS}`,
    ],
    [
      'Bearer a, DPoP b',
      `Bearer error="invalid_request", resource_metadata="${METADATA}", error_description="The request carries more than one credential", DPoP ${ALGS}`,
    ],
  ])(
    '%s: Bearer first, then the offer of DPoP [DP-12, CH-10, CH-11]',
    async (authorization, line) => {
      const decision = await startDpop().gate.check(requestOf({ authorization }), 'notes:read');
      expect(challengeOf(decision)).toBe(line);
    },
  );

  test('a missing scope is named in the scheme of the token [C403-8, DP-9]', async () => {
    const service = startDpop();
    const { gate } = service;
    const bound = service.token(key);
    const proofs = [proofOf(key, bound)];
    const request = requestOf({ authorization: `DPoP ${bound}`, proofs });
    const decision = await gate.check(request, 'notes:write');
    expect(decision).toMatchObject({ status: 403, challenge: { error: 'insufficient_scope' } });
    expect(challengeOf(decision)).toBe(
      `DPoP error="insufficient_scope", scope="notes:write", resource_metadata="${METADATA}", error_description="This request needs notes:write", ${ALGS}`,
    );
    service.tokens.set('plain', { aud: RESOURCE, scope: 'notes:read' });
    const plain = requestOf({ authorization: 'Bearer plain' });
    expect(challengeOf(await gate.check(plain, 'notes:write'))).toBe(
      `Bearer error="insufficient_scope", scope="notes:write", resource_metadata="${METADATA}", error_description="This request needs notes:write"`,
    );
  });

  test('so is one that the handler found missing, on every exit [C403-8]', async () => {
    const service = startDpop();
    const { gate } = service;
    const bound = service.token(key);
    const request = requestOf({ authorization: `DPoP ${bound}`, proofs: [proofOf(key, bound)] });
    const decision = await gate.check(request, 'notes:read');
    if (!decision.allowed) throw new Error(challengeOf(decision));
    const thrown = gate.refuse(new InsufficientScopeError('notes:write'), request, decision.auth);
    const made = insufficientScope(gate, 'notes:write', { auth: decision.auth });
    for (const refusal of [thrown, made]) {
      if (refusal === undefined) throw new Error('no refusal');
      expect(challengeOf(refusal)).toMatch(
        /^DPoP error="insufficient_scope", scope="notes:write", .*, algs="/,
      );
    }
  });

  test('in two phases, as Fastify asks, the answer is the same [C403-8]', async () => {
    const service = startDpop();
    const { gate } = service;
    const bound = service.token(key);
    const request = requestOf({ authorization: `DPoP ${bound}`, proofs: [proofOf(key, bound)] });
    const route = gate.route('notes:write');
    const first = await route.authenticate(request);
    if (!first.allowed) throw new Error(challengeOf(first));
    const second = await route.authorize(first.auth, request);
    expect(challengeOf(second)).toMatch(/^DPoP error="insufficient_scope"/);
  });
});

describe('bound tokens and schemes', () => {
  test('a bound token with the scheme Bearer is refused, proof or not [DP-7, T105]', async () => {
    const service = startDpop();
    const { gate } = service;
    const bound = service.token(key);
    for (const proofs of [[], [proofOf(key, bound)]]) {
      const request = requestOf({ authorization: `Bearer ${bound}`, proofs });
      const decision = await gate.check(request, 'notes:read');
      expect(decision).toMatchObject({ status: 401, reason: 'invalid_token' });
      expect(challengeOf(decision)).toMatch(/^Bearer error="invalid_token".*, DPoP algs=/);
    }
  });

  test.each([
    ['no cnf', { cnf: undefined }],
    ['null', { cnf: null }],
    ['an empty cnf', { cnf: {} }],
    ['a text', { cnf: key.jkt }],
    ['a list', { cnf: [key.jkt] }],
    ['another member alone', { cnf: { kid: 'k1' } }],
    ['a member beside jkt', { cnf: { jkt: key.jkt, 'urn:other': 'x' } }],
    ['an undefined member beside jkt', { cnf: { jkt: key.jkt, other: undefined } }],
    ['a certificate beside jkt', { cnf: { jkt: key.jkt, 'x5t#S256': 'A'.repeat(43) } }],
    ['a certificate', { cnf: { 'x5t#S256': 'A'.repeat(43) } }],
    ['jkt in another case', { cnf: { jkt: key.jkt.toLowerCase() } }],
    ['jkt as a list', { cnf: { jkt: [key.jkt] } }],
    ['jkt with padding', { cnf: { jkt: `${key.jkt}=` } }],
    ['JKT', { cnf: { JKT: key.jkt } }],
    ['an inherited jkt', { cnf: Object.create({ jkt: key.jkt }) as object }],
  ])('with a good proof, a token with %s is refused [DP-6, MT-2, T105]', async (_, claims) => {
    const service = startDpop();
    const decision = await service.send(key, service.token(key, claims));
    expect(decision).toMatchObject({ status: 401, reason: 'invalid_token' });
    expect(challengeOf(decision)).toMatch(/^DPoP error="invalid_token"/);
  });

  test('an unbound token passes as Bearer, a proof beside it changes nothing', async () => {
    const { gate, tokens } = startDpop();
    tokens.set('plain', { aud: RESOURCE, scope: 'notes:read' });
    for (const proofs of [[], ['garbage'], [proofOf(key, 'plain')]]) {
      const request = requestOf({ authorization: 'Bearer plain', proofs });
      expect(await gate.check(request, 'notes:read')).toMatchObject({ allowed: true });
    }
  });

  test('the audience is checked under DPoP, too [DP-13]', async () => {
    const service = startDpop();
    const token = service.token(key, { aud: 'https://other.example.com/mcp' });
    const decision = await service.send(key, token);
    expect(challengeOf(decision)).toMatch(/^DPoP error="invalid_token"/);
  });

  test('a verifier that fails is a 503 without a challenge [DP-9]', async () => {
    const verifier = () => Promise.reject(new Error('down'));
    const service = startDpop({}, { verifier });
    const decision = await service.send(key, 'any');
    expect(decision).toMatchObject({ status: 503, reason: 'verifier_unavailable' });
    expect(challengeOf(decision)).toBeUndefined();
    expect(service.errors).toHaveLength(1);
  });

  test('a gate without dpop offers none and accepts none [DP-7]', async () => {
    const verifier = () => ({ claims: { cnf: { jkt: key.jkt }, scope: 'notes:read' } });
    const gate = createGate({ resource: RESOURCE, verifier, scopes: ['notes:read'] });
    for (const scheme of ['DPoP', 'Bearer']) {
      const proofs = [proofOf(key, 't')];
      const decision = await gate.check(
        requestOf({ authorization: `${scheme} t`, proofs }),
        'notes:read',
      );
      expect(decision).toMatchObject({ allowed: false, status: 401 });
      expect(challengeOf(decision)).not.toContain('DPoP');
    }
  });

  test('an SDK verifier’s AuthInfo binds by its cnf [DP-7, IN-6]', async () => {
    const verifier = fromSdkVerifier({
      verifyAccessToken: async () => ({
        ...{ clientId: 'c1', scopes: ['notes:read'], expiresAt: NOW + 60, cnf: { jkt: key.jkt } },
      }),
    });
    const service = startDpop({}, { verifier });
    expect(await service.send(key, 'any')).toMatchObject({ allowed: true });
    expect(await service.send(createKey(), 'any')).toMatchObject({ allowed: false });
    const bearer = requestOf({ authorization: 'Bearer any' });
    expect(await service.gate.check(bearer, 'notes:read')).toMatchObject({ allowed: false });
  });
});

describe('required', () => {
  const service = startDpop({ required: true, algorithms: ['ES256'] });
  const alone = `DPoP scope="notes:read", resource_metadata="${METADATA}", algs="ES256"`;

  test.each([null, 'Bearer plain', 'Bearer unknown', 'Basic x', 'DPoP', 'Bearer'])(
    '%s: DPoP alone is offered, with all parameters [DP-12, DP-14]',
    async (authorization) => {
      service.tokens.set('plain', { aud: RESOURCE, scope: 'notes:read' });
      const decision = await service.gate.check(requestOf({ authorization }), 'notes:read');
      expect(decision).toMatchObject({ status: 401, reason: 'no_credentials' });
      expect(challengeOf(decision)).toBe(alone);
    },
  );

  test('a bound token with its proof passes', async () => {
    expect(await service.send(key, service.token(key))).toMatchObject({ allowed: true });
  });

  test('a missing scope [C403-8]', async () => {
    const bound = service.token(key);
    const request = requestOf({ authorization: `DPoP ${bound}`, proofs: [proofOf(key, bound)] });
    expect(challengeOf(await service.gate.check(request, 'notes:write'))).toMatch(
      /^DPoP error="insufficient_scope", .*, algs="ES256"$/,
    );
  });
});

test.each([
  [
    'required',
    true,
    /^DPoP error="insufficient_scope", .*error_description="[^"]+", algs="ES256"$/,
  ],
  [
    'offered',
    false,
    /^Bearer error="insufficient_scope", .*error_description="[^"]+", DPoP algs="ES256"$/,
  ],
] as const)('DPoP is %s in a tool result, too [DP-12, IB-3]', async (_how, required, expected) => {
  const service = startDpop({ required, algorithms: ['ES256'] });
  const decision = await service.gate.check(requestOf({ authorization: null }), 'notes:read');
  if (decision.allowed) throw new Error('expected a refusal');
  const { _meta } = insufficientScopeResult(decision);
  expect(_meta?.['mcp/www_authenticate']).toEqual([expect.stringMatching(expected)]);
});

describe('metadata', () => {
  test('says what the gate does [DP-14, PR-16]', () => {
    expect(startDpop({ algorithms: ['ES256', 'PS256'] }).gate.metadata.document).toMatchObject({
      dpop_signing_alg_values_supported: ['ES256', 'PS256'],
      dpop_bound_access_tokens_required: false,
    });
    expect(startDpop({ required: true }).gate.metadata.document).toMatchObject({
      dpop_bound_access_tokens_required: true,
    });
  });

  test('says nothing of DPoP without it [T190]', () => {
    const gate = createGate({ resource: RESOURCE, verifier: () => undefined, scopes: ['a'] });
    expect(Object.keys(gate.metadata.document).filter((name) => /dpop|tls/.test(name))).toEqual([]);
  });

  const PROMISES = [
    { dpopBoundAccessTokensRequired: true },
    { dpopBoundAccessTokensRequired: false },
    { dpopSigningAlgValuesSupported: ['ES256'] },
    { tlsClientCertificateBoundAccessTokens: true },
  ];
  test.each(PROMISES.flatMap((one) => [true, false].map((on) => ({ metadata: one, on }))))(
    'cannot be told otherwise: $metadata, dpop $on [T190, PR-16]',
    ({ metadata, on }) => {
      const replay = memoryReplayStore();
      const create = () =>
        createGate({
          ...{ resource: RESOURCE, verifier: () => undefined, scopes: ['a'] },
          ...(on && { dpop: dpop({ replay, required: true }) }),
          metadata: metadata as object,
        });
      const [name] = Object.keys(metadata);
      expect(create).toThrow(
        new TypeError(`metadata.${String(name)}: comes from the options dpop and mtls`),
      );
    },
  );
});

describe('options', () => {
  const replay = memoryReplayStore();
  test.each([
    [{}, 'dpop.replay: expected memoryReplayStore(), or another store with insert()'],
    [{ replay: {} }, 'dpop.replay: expected memoryReplayStore(), or another store with insert()'],
    [{ replay: memoryReplayStore }, 'dpop.replay: expected an object'],
    [{ replay, required: 'yes' }, 'dpop.required: expected a boolean'],
    [{ replay, algorithms: [] }, 'dpop.algorithms: expected at least one non-empty string'],
    [{ replay, algorithms: 'ES256' }, 'dpop.algorithms: expected a list'],
    [{ replay, algorithms: ['none'] }, 'dpop.algorithms: none is not one of'],
    [{ replay, algorithms: ['HS256'] }, 'dpop.algorithms: HS256 is not one of'],
    [{ replay, algorithms: ['constructor'] }, 'dpop.algorithms: constructor is not one of'],
    [{ replay, window: 5 }, 'dpop.window: unknown option'],
    [{ replay, url: 'https://x' }, 'dpop.url: expected a function'],
    [{ replay, nonce: {} }, 'dpop.nonce.keys: expected at least one secret'],
    [{ replay, nonce: { keys: [] } }, 'dpop.nonce.keys: expected at least one secret'],
    [{ replay, nonce: { keys: ['short'] } }, 'dpop.nonce.keys[0]: has 5 bytes; use at least 32'],
    [{ replay, nonce: { keys: [7] } }, 'dpop.nonce.keys[0]: expected a string or a Uint8Array'],
    [
      { replay, nonce: { keys: ['k'.repeat(32)], lifetime: 1 } },
      'dpop.nonce.lifetime: expected an integer of seconds from 10 to 3600',
    ],
  ])('%j', (options, message) => {
    expect(() => dpop(options as never)).toThrow(TypeError);
    expect(() => dpop(options as never)).toThrow(message);
  });

  test('the maker itself in the place of what it makes is an error', () => {
    const create = () =>
      createGate({
        resource: RESOURCE,
        verifier: () => undefined,
        scopes: ['a'],
        dpop: dpop as never,
      });
    expect(create).toThrow(TypeError);
  });
});
