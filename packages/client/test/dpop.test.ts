/**
 * Proofs over real sockets, made by `dpop` and judged by a gate: what is sent where, nonces, and the key over
 * a step-up.
 */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import * as DPoP from 'dpop';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { createGate } from '@scopegate/core';
import { dpop, memoryReplayStore } from '@scopegate/core/dpop';
import type { DpopOptions } from '@scopegate/core/dpop';
import { createNodeGuard, writeReply } from '@scopegate/core/node';
import { close, listen } from '../../core/test/support/issuer.js';
import { stepUpFetch } from '../src/index.js';
import type { AuthorizationRequest, ProofRequest, StepUpFetchOptions } from '../src/index.js';
import { rejection } from './support.js';

const keys = await DPoP.generateKeyPair('ES256');
const jkt = await DPoP.calculateThumbprint(keys.publicKey);
const SECRET = 'a secret of thirty-two bytes, or more';

interface Seen {
  readonly authorization: string | undefined;
  readonly proof: string | undefined;
  readonly body: string;
}

/** A guarded server whose tokens are `scope` texts, bound to the key. */
async function startResource(options: Partial<DpopOptions> = {}) {
  const seen: Seen[] = [];
  const server: Server = createServer();
  const origin = await listen(server);
  onTestFinished(() => close(server));
  const gate = createGate({
    resource: `${origin}/mcp`,
    authorizationServers: [origin],
    verifier: (token) => ({ claims: { scope: token.replaceAll('.', ' '), cnf: { jkt } } }),
    scopes: ['read', 'write'],
    initialScopes: ['read'],
    dpop: dpop({ replay: memoryReplayStore(), ...options }),
  });
  const guards = { read: createNodeGuard(gate, 'read'), write: createNodeGuard(gate, 'write') };
  server.on('request', (req, res) => {
    const { authorization, dpop: proof } = req.headers;
    const reply = gate.metadata.respond({
      method: 'GET',
      url: req.url ?? '',
      headers: new Headers(),
    });
    void (async () => {
      const written = await reply;
      if (written !== undefined) return writeReply(res, written);
      const name = req.url?.includes('write') ? 'write' : 'read';
      const passed = await guards[name]({ req, res });
      let body = '';
      for await (const chunk of req) body += String(chunk);
      seen.push({ authorization, proof: String(proof ?? ''), body });
      if (passed !== undefined) res.end(`${name} ${body}`);
    })();
  });
  return { origin, resource: `${origin}/mcp`, seen };
}

interface TestClient {
  readonly fetch: ReturnType<typeof stepUpFetch>;
  readonly asked: AuthorizationRequest[];
  readonly proofs: ProofRequest[];
}

function createClient(resource: string, options: Partial<StepUpFetchOptions> = {}): TestClient {
  let token: string | undefined;
  const asked: AuthorizationRequest[] = [];
  const proofs: ProofRequest[] = [];
  const fetch = stepUpFetch({
    resource,
    token: () =>
      token === undefined ? undefined : { accessToken: token, scope: token.replaceAll('.', ' ') },
    authorize: async (request) => {
      asked.push(request);
      token = (request.scope ?? '').replaceAll(' ', '.');
    },
    dpop(proof) {
      proofs.push(proof);
      const { htu, htm, nonce, accessToken } = proof;
      return DPoP.generateProof(keys, htu, htm, nonce, accessToken);
    },
    ...options,
  });
  return { fetch, asked, proofs };
}

describe('with a gate that checks proofs', () => {
  test('login, call, step-up with the same key: a new proof each time [DP-11]', async () => {
    const { resource, seen } = await startResource();
    const { fetch, asked, proofs } = createClient(resource);
    expect(await (await fetch(`${resource}?q=1#f`)).text()).toBe('read ');
    const write = await fetch(`${resource}/write`, { method: 'post', body: 'note' });
    expect(await write.text()).toBe('write note');
    expect(asked.map(({ reason, scope }) => [reason, scope])).toEqual([
      ['login', 'read'],
      ['step-up', 'read write'],
    ]);
    expect(asked[1]?.challenge?.scopes).toEqual(['write']);
    expect(seen.map(({ authorization }) => authorization)).toEqual([
      undefined,
      'DPoP read',
      'DPoP read',
      'DPoP read.write',
    ]);
    expect(proofs.map(({ htm, htu }) => `${htm} ${htu}`)).toEqual([
      `GET ${resource}`,
      `POST ${resource}/write`,
      `POST ${resource}/write`,
    ]);
    const ids = seen.slice(1).map(({ proof }) => claimsOf(proof)['jti']);
    expect(new Set(ids).size).toBe(3);
  });

  test('nonces: one retry, then the newest one [DP-11, CS-8]', async () => {
    const { resource, seen } = await startResource({ nonce: { keys: [SECRET] } });
    const { fetch, asked } = createClient(resource);
    expect(await (await fetch(resource, { method: 'POST', body: 'x' })).text()).toBe('read x');
    // Without a token, without a nonce, with it.
    expect(seen.map(({ authorization }) => authorization)).toEqual([
      undefined,
      'DPoP read',
      'DPoP read',
    ]);
    expect(await (await fetch(resource)).text()).toBe('read ');
    expect(seen).toHaveLength(4);
    expect(asked).toHaveLength(1);
  });

  test('requests at once each get their retry [DP-11]', async () => {
    const { resource, seen } = await startResource({ nonce: { keys: [SECRET] } });
    const { fetch } = createClient(resource, { token: () => 'read' });
    const answers = await Promise.all(Array.from({ length: 5 }, () => fetch(resource)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(seen).toHaveLength(10);
  });

  test('a stream is not sent twice: the answer that asks for a nonce is returned', async () => {
    const { resource, seen } = await startResource({ nonce: { keys: [SECRET] } });
    const { fetch } = createClient(resource, { token: () => 'read' });
    const send = () => {
      const body = new Blob(['x']).stream();
      return fetch(resource, { method: 'POST', body, duplex: 'half' } as RequestInit);
    };
    expect((await send()).status).toBe(401);
    expect(seen).toHaveLength(1);
    expect(await (await send()).text()).toBe('read x');
  });

  test('without `dpop` a challenge of that scheme alone is the caller’s', async () => {
    const { resource } = await startResource({ required: true });
    const fetch = stepUpFetch({ resource, token: () => 'read' });
    expect((await fetch(resource)).status).toBe(401);
  });

  test('with it, such a challenge starts the login [CS-10]', async () => {
    const { resource } = await startResource({ required: true });
    const { fetch, asked } = createClient(resource);
    expect(await (await fetch(resource)).text()).toBe('read ');
    expect(asked).toMatchObject([{ reason: 'login', scope: 'read' }]);
  });

  test('a refused proof is no reason to log in again [CS-8]', async () => {
    const { resource } = await startResource();
    const make = ({ htm, accessToken }: ProofRequest) =>
      DPoP.generateProof(keys, 'https://other.example/', htm, undefined, accessToken);
    const { fetch, asked } = createClient(resource, { token: () => 'read', dpop: make });
    const response = await fetch(resource);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('htu');
    expect(asked).toEqual([]);
  });
});

describe('a server that is not honest', () => {
  let servers: Server[] = [];
  afterEach(async () => {
    await Promise.all(servers.map(close));
    servers = [];
  });

  async function start(headers: Record<string, string>, status = 401) {
    const requests: (string | undefined)[] = [];
    const server = createServer((req, res) => {
      requests.push(req.headers.dpop as string | undefined);
      res.writeHead(status, headers).end();
    });
    servers.push(server);
    return { origin: await listen(server), requests };
  }

  const NONCE = { 'www-authenticate': 'DPoP error="use_dpop_nonce"' };

  test('asks for nonces without end: two requests [DP-11]', async () => {
    let count = 0;
    const server = createServer((_req, res) => {
      count += 1;
      res.writeHead(401, { ...NONCE, 'dpop-nonce': `n${count}` }).end();
    });
    servers.push(server);
    const origin = await listen(server);
    const { fetch } = createClient(origin, { token: () => 'read' });
    expect((await fetch(origin)).status).toBe(401);
    expect(count).toBe(2);
  });

  test.each([
    ['gives none', NONCE],
    ['asks for one with a 200', { 'dpop-nonce': 'n' }],
  ])('%s: one request', async (_, headers) => {
    const { origin, requests } = await start(headers, 'dpop-nonce' in headers ? 200 : 401);
    const { fetch } = createClient(origin, { token: () => 'read' });
    await fetch(origin);
    expect(requests).toHaveLength(1);
  });

  test('redirects: neither token nor proof follow, and its nonce is not kept', async () => {
    const elsewhere = await start({}, 200);
    const { origin } = await start({ location: elsewhere.origin, 'dpop-nonce': 'n' }, 302);
    const { fetch, proofs } = createClient(origin, { token: () => 'read' });
    expect(await rejection(fetch(origin))).toMatchObject({ code: 'redirect_refused' });
    expect(elsewhere.requests).toEqual([]);
    await rejection(fetch(origin));
    expect(proofs.map(({ nonce }) => nonce)).toEqual([undefined, undefined]);
  });

  test('a proof goes nowhere else', async () => {
    const elsewhere = await start({}, 200);
    const { fetch, proofs } = createClient('https://notes.example.com/mcp', {
      token: () => 'read',
    });
    await fetch(elsewhere.origin);
    expect(elsewhere.requests).toEqual([undefined]);
    expect(proofs).toEqual([]);
  });
});

describe('a maker of proofs that', () => {
  test.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('no key');
      },
      'no key',
    ],
    ['rejects', () => Promise.reject(new Error('no key')), 'no key'],
    ['returns nothing', () => undefined, 'dpop: expected a proof'],
    ['returns an object', () => ({}), 'dpop: expected a proof'],
    ['returns lines', () => 'a.b.c\r\nx: y', 'dpop: expected a proof'],
  ])('%s: nothing is sent', async (_, make, message) => {
    const { resource, seen } = await startResource();
    const { fetch } = createClient(resource, { token: () => 'read', dpop: make as never });
    await expect(fetch(resource)).rejects.toThrow(message);
    expect(seen).toEqual([]);
  });

  test('is no function: a TypeError', () => {
    expect(() => createClient('https://x.example', { dpop: {} as never })).toThrow(
      'dpop: expected a function',
    );
  });
});

function claimsOf(proof = ''): Record<string, unknown> {
  const payload = Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString();
  return JSON.parse(payload) as Record<string, unknown>;
}
