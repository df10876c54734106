/** Tokens bound to client certificates: over real TLS, and by the header of a proxy. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request as httpsRequest } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGate } from '../../../src/index.js';
import type { GateRequest } from '../../../src/index.js';
import { dpop, memoryReplayStore } from '../../../src/token/dpop/index.js';
import { mtls } from '../../../src/token/mtls/index.js';
import type { MtlsOptions } from '../../../src/token/mtls/index.js';
import { createNodeGuard } from '../../../src/node/index.js';
import { NOW, RESOURCE, challengeOf, createKey, proofOf } from '../../support/dpop.js';

const DER = new Uint8Array([0x30, 0x03, 1, 2, 3]);
const OTHER = new Uint8Array([0x30, 0x03, 9, 9, 9]);
const HASH = createHash('sha256').update(DER).digest('base64url');
const fieldOf = (der: Uint8Array): string => `:${Buffer.from(der).toString('base64')}:`;

interface Sent {
  readonly cnf?: unknown;
  readonly certificate?: () => Uint8Array | undefined;
  readonly address?: () => string | undefined;
  readonly header?: string;
  readonly scheme?: string;
  readonly proof?: string;
}

function check(options: MtlsOptions | undefined, sent: Sent, more: object = {}) {
  const { cnf, certificate, address, header, scheme = 'Bearer', proof } = sent;
  const gate = createGate({
    ...{ resource: RESOURCE, scopes: ['notes:read'] },
    verifier: () => ({ claims: { scope: 'notes:read', ...(cnf !== undefined && { cnf }) } }),
    ...(options !== undefined && { mtls: mtls(options) }),
    clock: () => NOW * 1000,
    ...more,
  });
  const headers: Record<string, string | undefined> = {
    authorization: `${scheme} token`,
    'client-cert': header,
    dpop: proof,
  };
  const request: GateRequest = {
    ...{ method: 'POST', url: '/mcp', headers: { get: (name) => headers[name] ?? null } },
    ...(certificate !== undefined && { clientCertificate: certificate }),
    ...(address !== undefined && { remoteAddress: address }),
  };
  return gate.check(request, 'notes:read');
}

const bound = { cnf: { 'x5t#S256': HASH } };

describe('the certificate of the connection', () => {
  test('that the token names lets it pass [MT-1]', async () => {
    expect(await check({}, { ...bound, certificate: () => DER })).toMatchObject({ allowed: true });
  });

  test.each<[string, Sent]>([
    ['another one', { ...bound, certificate: () => OTHER }],
    ['none', { ...bound, certificate: () => undefined }],
    ['an empty one', { ...bound, certificate: () => new Uint8Array() }],
    ['no connection that has one', bound],
    ['a text', { ...bound, certificate: () => 'x' as never }],
    ['one that cannot be read', { ...bound, certificate: throws }],
    ['no binding but an empty cnf', { cnf: {}, certificate: () => DER }],
    ['an unknown member beside', { cnf: { ...bound.cnf, x: 1 }, certificate: () => DER }],
    ['a key, too', { cnf: { ...bound.cnf, jkt: 'A'.repeat(43) }, certificate: () => DER }],
    ['the member of another hash', { cnf: { 'x5t#S512': HASH }, certificate: () => DER }],
    ['cnf null', { cnf: null, certificate: () => DER }],
    ['a header that nobody trusts', { ...bound, header: fieldOf(DER), address: () => '10.0.0.5' }],
  ])('%s: refused [MT-1, MT-2]', async (_, sent) => {
    const decision = await check({}, sent);
    expect(decision.allowed).toBe(false);
    if (sent.certificate !== throws) {
      expect(challengeOf(decision)).toMatch(/^Bearer error="invalid_token"/);
    }
  });

  test('a token that is not bound needs none, and none is asked for', async () => {
    expect(await check({}, { certificate: throws })).toMatchObject({ allowed: true });
  });

  test('unless binding is required [MT-1]', async () => {
    const required = { required: true };
    expect(await check(required, { certificate: () => DER })).toMatchObject({ status: 401 });
    expect(await check(required, { ...bound, certificate: () => DER })).toMatchObject({
      allowed: true,
    });
  });

  test('a gate without mtls refuses bound tokens, whatever the connection [MT-1]', async () => {
    expect(await check(undefined, { ...bound, certificate: () => DER })).toMatchObject({
      status: 401,
    });
  });
});

describe('the header of a proxy (RFC 9440)', () => {
  const from = ['10.0.0.5', '192.168.0.0/16', 'fd00::/8'];
  const trusted = { clientCert: { from } };

  test.each(['10.0.0.5', '192.168.9.9', '::ffff:10.0.0.5', 'fd00::1', 'fdff::'])(
    'counts from %s [MT-2]',
    async (address) => {
      const sent = { ...bound, header: fieldOf(DER), address: () => address };
      expect(await check(trusted, sent)).toMatchObject({ allowed: true });
    },
  );

  test.each(['10.0.0.6', '192.169.0.1', 'fe00::1', '::1', '', 'localhost', '10.0.0.5 '])(
    'does not count from %j [MT-2]',
    async (address) => {
      const sent = { ...bound, header: fieldOf(DER), address: () => address };
      expect(await check(trusted, sent)).toMatchObject({ status: 401 });
    },
  );

  test.each<[string, Sent]>([
    ['of another certificate', { header: fieldOf(OTHER) }],
    ['absent: the certificate of the connection is the proxy’s', { certificate: () => DER }],
    ['empty', { header: '' }],
    ['without colons', { header: Buffer.from(DER).toString('base64') }],
    ['twice', { header: `${fieldOf(DER)}, ${fieldOf(DER)}` }],
    ['with parameters', { header: `${fieldOf(DER)};a=1` }],
    ['in base64url', { header: ':-_-_:' }],
    ['in PEM', { header: '-----BEGIN CERTIFICATE-----' }],
    ['not in base64', { header: ':A:' }],
    ['too long', { header: `:${'A'.repeat(20_000)}:` }],
  ])('%s: refused [MT-2]', async (_, sent) => {
    const decision = await check(trusted, { ...bound, address: () => '10.0.0.5', ...sent });
    expect(decision).toMatchObject({ status: 401, reason: 'invalid_token' });
  });

  test.each<[string, () => unknown, boolean]>([
    ['true', () => true, true],
    ['false', () => false, false],
    ['a promise of true', async () => true, false],
    ['a rejection', () => Promise.reject(new Error('fault')), false],
    ['a text', () => 'true', false],
    ['1', () => 1, false],
  ])('a function that returns %s [MT-2]', async (_, recognizes, expected) => {
    const options = { clientCert: { from: recognizes as () => boolean } };
    const decision = await check(options, { ...bound, header: fieldOf(DER) });
    expect(decision.allowed).toBe(expected);
  });

  test('a function or an address that throws: refused [T04]', async () => {
    const sent = { ...bound, header: fieldOf(DER) };
    const options = { clientCert: { from: throws as never } };
    expect(await check(options, sent)).toMatchObject({ allowed: false });
    expect(await check(trusted, { ...sent, address: throws })).toMatchObject({ allowed: false });
  });
});

describe('with dpop', () => {
  const key = createKey();
  const both = { dpop: dpop({ replay: memoryReplayStore({ clock: () => NOW * 1000 }) }) };
  const cnf = { 'x5t#S256': HASH, jkt: key.jkt };
  const send = (sent: Sent) => {
    const proof = proofOf(key, 'token');
    return check({}, { scheme: 'DPoP', proof, ...sent }, both);
  };

  test('a token that is bound to both needs both [DP-6, MT-1]', async () => {
    expect(await send({ cnf, certificate: () => DER })).toMatchObject({ allowed: true });
    expect(await send({ cnf, certificate: () => OTHER })).toMatchObject({ status: 401 });
    expect(await send({ cnf })).toMatchObject({ status: 401 });
    expect(await send({ cnf, certificate: () => DER, scheme: 'Bearer' })).toMatchObject({
      status: 401,
    });
  });

  test('one that is bound to the certificate alone is no DPoP token [DP-6]', async () => {
    expect(await send({ ...bound, certificate: () => DER })).toMatchObject({ status: 401 });
    const bearer = { ...bound, certificate: () => DER, scheme: 'Bearer' };
    expect(await send(bearer)).toMatchObject({ allowed: true });
  });
});

describe('metadata and options', () => {
  test('the document says that bound tokens are accepted [PR-16, T190]', () => {
    const settings = { resource: RESOURCE, verifier: () => undefined, scopes: ['a'] } as const;
    expect(createGate({ ...settings, mtls: mtls() }).metadata.document).toMatchObject({
      tls_client_certificate_bound_access_tokens: true,
    });
  });

  test.each([
    [{ from: [] }, 'mtls.clientCert.from: expected addresses, or a function'],
    [{ from: '10.0.0.5' }, 'mtls.clientCert.from: expected addresses, or a function'],
    [{ from: ['proxy.internal'] }, 'mtls.clientCert.from[0]: expected an address, or a network'],
    [{ from: ['10.0.0.5', '10.0.0.0/33'] }, 'mtls.clientCert.from[1]: expected an address, or a'],
    [{ from: ['10.0.0.0/8/8'] }, 'mtls.clientCert.from[0]: expected an address, or a network'],
    [{ from: ['fd00::/129'] }, 'mtls.clientCert.from[0]: expected an address, or a network'],
    [{ from: [7] }, 'mtls.clientCert.from[0]: expected an address, or a network'],
    [{}, 'mtls.clientCert.from: expected addresses, or a function'],
    [{ from: [], header: 'X-Cert' }, 'mtls.clientCert.header: unknown option'],
  ])('clientCert %j', (clientCert, message) => {
    expect(() => mtls({ clientCert } as never)).toThrow(message);
  });

  test('unknown options', () => {
    expect(() => mtls({ strict: true } as never)).toThrow('mtls.strict: unknown option');
  });
});

describe('over TLS', () => {
  let directory: string;
  let server: Server;
  let port: number;
  const read = (name: string): Buffer => readFileSync(join(directory, name));

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'mtls-'));
    for (const name of ['server', 'ray', 'eve']) {
      const files = ['-keyout', `${name}.key`, '-out', `${name}.crt`];
      const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
      const args = ['req', ...kind, '-days', '1', '-subj', `/CN=${name}`, ...files];
      execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' });
    }
    const pem = read('ray.crt')
      .toString()
      .replaceAll(/-----[^-]+-----|\s/g, '');
    const hash = createHash('sha256').update(Buffer.from(pem, 'base64')).digest('base64url');
    const gate = createGate({
      ...{ resource: RESOURCE, scopes: ['notes:read'], mtls: mtls() },
      verifier: () => ({ claims: { scope: 'notes:read', cnf: { 'x5t#S256': hash } } }),
    });
    const guard = createNodeGuard(gate, 'notes:read');
    const tls = { key: read('server.key'), cert: read('server.crt') };
    server = createServer({ ...tls, requestCert: true, rejectUnauthorized: false }, (req, res) => {
      void Promise.resolve(guard({ req, res })).then((passed) => passed && res.end('ok'));
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    ({ port } = server.address() as AddressInfo);
  });

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(directory, { recursive: true });
  });

  test.each([
    ['ray', 200],
    ['eve', 401],
    [undefined, 401],
  ])('with the certificate of %s: %s [MT-1]', async (name, expected) => {
    const identity = name !== undefined && { key: read(`${name}.key`), cert: read(`${name}.crt`) };
    const status = await new Promise((resolve, reject) => {
      const headers = { authorization: 'Bearer t' };
      const options = { port, path: '/mcp', headers, rejectUnauthorized: false, agent: false };
      httpsRequest({ host: 'localhost', ...options, ...identity }, (res) => {
        res.resume();
        resolve(res.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(expected);
  });
});

function throws(): never {
  throw new Error('fault');
}
