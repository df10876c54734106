/**
 * The main job with bound tokens, for real: oidc-provider issues them, oauth4webapi and `dpop` make the proofs,
 * the official client calls tools, and each adapter guards the official server.
 */
import { createServer, request as requestFrom } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import * as DPoP from 'dpop';
import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stepUpFetch } from '../../../../client/src/index.js';
import type { AuthorizationRequest, StepUpFetch } from '../../../../client/src/index.js';
import { writeReply } from '../../../src/node/index.js';
import type { DecisionEvent, Gate } from '../../../src/index.js';
import { dpop, memoryReplayStore } from '../../../src/token/dpop/index.js';
import { jwtVerifier } from '../../../src/token/jwt/index.js';
import { APPS } from '../../mcp/support/apps.js';
import { HOSTS } from '../../mcp/support/hosts.js';
import { SECRET, startAuthorizationServer } from '../../support/authorization-server.js';
import type { AuthorizationServer } from '../../support/authorization-server.js';
import { close, listen } from '../../support/issuer.js';
import { notesGate } from '../../support/mcp.js';
import type { NotesScope } from '../../support/mcp.js';

const KEYS = ['a secret of thirty-two bytes, or more'];
let server: AuthorizationServer;

const resources: Record<string, 'jwt'> = {};
beforeAll(async () => {
  server = await startAuthorizationServer(resources);
});
afterAll(() => server.close());

/** One request as it went out. */
interface Sent {
  readonly init: RequestInit;
  readonly headers: Headers;
  readonly status: number;
}

interface BoundGate {
  readonly gate: Gate<NotesScope>;
  readonly events: DecisionEvent[];
  readonly ran: string[];
  readonly tools: Parameters<(typeof APPS)[number]>[0];
}

function startGate(resource: string, nonce: boolean): BoundGate {
  const events: DecisionEvent[] = [];
  const ran: string[] = [];
  const gate = notesGate(
    {},
    {
      resource,
      authorizationServers: [server.issuer],
      verifier: jwtVerifier({ issuer: server.issuer, allowInsecureLoopback: true }),
      dpop: dpop({
        ...{ required: true, algorithms: ['ES256'], replay: memoryReplayStore() },
        ...(nonce && { nonce: { keys: KEYS } }),
      }),
      onDecision: (event) => events.push(event),
    },
  );
  const tool = (name: string) => async () => {
    ran.push(name);
    return { content: [{ type: 'text' as const, text: name }] };
  };
  return {
    gate,
    events,
    ran,
    tools: { read_notes: tool('read_notes'), add_note: tool('add_note') },
  };
}

interface Front {
  readonly origin: string;
  forward(origin: string, gate: BoundGate['gate']): void;
  close(): Promise<void>;
}

/** A proxy whose address is the public one: the server behind it sees another host. */
async function startFront(): Promise<Front> {
  const front = createServer();
  return {
    origin: await listen(front),
    forward(origin, gate) {
      front.on('request', (req, res) => {
        const { method = 'GET', url = '/', headers } = req;
        // Two hosts of the table serve tools alone.
        const metadata = gate.metadata.respond({ method, url, headers: new Headers() });
        if (metadata !== undefined) {
          void Promise.resolve(metadata).then((reply) => writeReply(res, reply));
          return;
        }
        const { host, port } = new URL(origin);
        const onward = requestFrom({ host: 'localhost', port, path: url, method });
        for (const [name, value = []] of Object.entries(headers)) onward.setHeader(name, value);
        onward.setHeader('host', host);
        onward.on('response', (answer) => {
          res.writeHead(answer.statusCode ?? 502, answer.headers);
          pipeline(answer, res).catch(() => res.destroy());
        });
        onward.on('error', () => res.destroy());
        pipeline(req, onward).catch(() => onward.destroy());
      });
    },
    close: () => close(front),
  };
}

interface TestClient {
  readonly fetch: StepUpFetch;
  readonly asked: AuthorizationRequest[];
  readonly sent: Sent[];
  readonly tokens: string[];
}

/** The client's half, with a key of its own. */
async function createClient(resource: string): Promise<TestClient> {
  const keys = await DPoP.generateKeyPair('ES256');
  const insecure = { [oauth.allowInsecureRequests]: true } as const;
  const as = await oauth
    .discoveryRequest(new URL(server.issuer), insecure)
    .then((response) => oauth.processDiscoveryResponse(new URL(server.issuer), response));
  const client: oauth.Client = { client_id: 'notes-app' };
  // Logins and requests are signed by the same key.
  const handle = oauth.DPoP(client, keys);
  const record = {
    asked: [] as AuthorizationRequest[],
    sent: [] as Sent[],
    tokens: [] as string[],
  };
  let token: { accessToken: string; scope?: string | undefined } | undefined;
  const fetch = stepUpFetch({
    resource,
    token: () => token,
    dpop: ({ htu, htm, nonce, accessToken }) =>
      DPoP.generateProof(keys, htu, htm, nonce, accessToken),
    async authorize(request) {
      record.asked.push(request);
      const scope = request.scope ?? '';
      const response = await oauth.clientCredentialsGrantRequest(
        as,
        client,
        oauth.ClientSecretPost(SECRET),
        new URLSearchParams({ scope, resource: request.resource }),
        { ...insecure, DPoP: handle },
      );
      const result = await oauth.processClientCredentialsResponse(as, client, response);
      expect(result.token_type).toBe('dpop');
      token = { accessToken: result.access_token, scope: result.scope };
      record.tokens.push(result.access_token);
    },
    async fetch(input, init = {}) {
      const response = await globalThis.fetch(input, init);
      record.sent.push({ init, headers: new Headers(init.headers), status: response.status });
      return response;
    },
  });
  return { fetch, ...record };
}

const [createHandlerApp] = APPS;

describe.each(HOSTS)('$name', (host) => {
  test.each([false, true])(
    'login, call, 403, step-up with the same key; nonces: %s [DP-7, DP-10, DP-11, DP-13, C403-8]',
    async (nonce) => {
      const front = await startFront();
      const resource = `${front.origin}/mcp`;
      resources[resource] = 'jwt';
      const { gate, events, ran, tools } = startGate(resource, nonce);
      const app = createHandlerApp?.(tools);
      if (app === undefined) throw new Error('no app');
      const running = await host.start(gate, app);
      front.forward(running.origin, gate);
      const { fetch, asked, sent, tokens } = await createClient(resource);
      const client = new Client({ name: 'e2e', version: '1.0.0' });
      try {
        await client.connect(new StreamableHTTPClientTransport(new URL(resource), { fetch }));
        await client.callTool({ name: 'read_notes', arguments: { text: 'x' } });
        await client.callTool({ name: 'add_note', arguments: { text: 'x' } });
        expect(ran).toEqual(['read_notes', 'add_note']);
        expect(asked.map(({ reason, scope }) => [reason, scope])).toEqual([
          ['login', 'notes:read'],
          ['step-up', 'notes:read notes:write'],
        ]);
        const bindings = tokens.map((token) => claimsOf(token)['cnf']);
        expect(bindings).toEqual([bindings[0], bindings[0]]);
        const reasons = events.map(({ reason }) => reason).filter((one) => one !== undefined);
        expect(new Set(reasons)).toEqual(
          new Set(['no_credentials', ...(nonce ? ['use_dpop_nonce'] : []), 'insufficient_scope']),
        );
        expect(reasons.filter((one) => one === 'use_dpop_nonce')).toHaveLength(nonce ? 1 : 0);
        await expectTheftToFail(resource, sent, ran);
      } finally {
        await client.close();
        await running.close();
        await front.close();
      }
    },
  );
});

/** Whoever sees a whole request can neither send it again nor use its token in another way. */
async function expectTheftToFail(
  resource: string,
  sent: readonly Sent[],
  ran: string[],
): Promise<void> {
  const call = sent.findLast(
    ({ init, status }) => status === 200 && JSON.stringify(init.body)?.includes('tools/call'),
  );
  if (call === undefined) throw new Error('no call');
  const before = ran.length;
  const token = call.headers.get('authorization')?.replace('DPoP ', '') ?? '';
  const proof = call.headers.get('dpop') ?? '';
  const thief = await DPoP.generateKeyPair('ES256');
  const own = await DPoP.generateProof(thief, resource, 'POST', undefined, token);
  const attempts: Record<string, string | undefined>[] = [
    { authorization: `DPoP ${token}`, dpop: proof },
    { authorization: `DPoP ${token}`, dpop: own },
    { authorization: `DPoP ${token}`, dpop: undefined },
    { authorization: `DPoP ${token}`, dpop: `${proof}, ${own}` },
    { authorization: `Bearer ${token}`, dpop: proof },
    { authorization: `Bearer ${token}`, dpop: undefined },
  ];
  for (const attempt of attempts) {
    const headers = new Headers(call.headers);
    for (const [name, value] of Object.entries(attempt)) {
      if (value === undefined) headers.delete(name);
      else headers.set(name, value);
    }
    const { body = null, method = 'POST' } = call.init;
    const response = await fetch(resource, { method, headers, body });
    expect(response.status, JSON.stringify(attempt)).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^DPoP .*algs="ES256"$/);
    await response.body?.cancel();
  }
  expect(ran).toHaveLength(before);
}

function claimsOf(token: string): Record<string, unknown> {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  return JSON.parse(payload) as Record<string, unknown>;
}
