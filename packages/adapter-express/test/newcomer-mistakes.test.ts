/** What everybody gets wrong at first: each ends in a message that names the place and the change to make. */
import { createServer } from 'node:http';
import express from 'express';
import { describe, expect, test } from 'vitest';
import { createGate, defineScopes } from '@scopegate/core';
import type { Gate, GateOptions } from '@scopegate/core';
import { jwtVerifier } from '@scopegate/core/jwt';
import { mcpPolicy } from '@scopegate/core/mcp';
import {
  checkResource,
  createTestIssuer,
  explainToken,
  formatExplanation,
} from '@scopegate/testing';
import { close, listen } from '../../core/test/support/issuer.js';
import { authOf, protect, resourceMetadata } from '../src/index.js';

const issuer = createTestIssuer({ resource: 'https://notes.example.com/mcp' });
const scopes = defineScopes(['notes:read', 'notes:write']);
const policy = mcpPolicy(scopes, { tools: { read: 'notes:read', add: 'notes:write' } });

/** The options as JavaScript would pass them, where no compiler looks. */
function gateWith(options: Readonly<Record<string, unknown>> = {}): Gate {
  const all = {
    resource: issuer.resource,
    authorizationServers: [issuer.issuer],
    verifier: issuer.verifier(),
    ...{ scopes, initialScopes: ['notes:read'], onWarning: () => undefined },
    ...options,
  };
  return createGate(all as unknown as GateOptions);
}

const verifierWith = (options: Readonly<Record<string, unknown>>): unknown =>
  jwtVerifier({ issuer: issuer.issuer, ...options } as never);

describe('at set-up', () => {
  test.each<[what: string, mistake: () => unknown, says: string]>([
    [
      'the verifier is not called',
      () => gateWith({ verifier: jwtVerifier }),
      'verifier: jwtVerifier makes a verifier: call it, jwtVerifier({...})',
    ],
    ['there is no verifier', () => gateWith({ verifier: undefined }), 'verifier: is required'],
    ['the resource is a path', () => gateWith({ resource: '/mcp' }), 'is not an absolute URL'],
    [
      'an issuer without TLS',
      () => verifierWith({ issuer: 'http://idp.example.com' }),
      "must use https (inside a cluster, in development: allowInsecureHosts: ['idp.example.com'])",
    ],
    [
      'a symmetric algorithm',
      () => verifierWith({ algorithms: ['HS256'] }),
      'jwtVerifier.algorithms: HS256 is not one of ES256',
    ],
    [
      'a shared secret',
      () => verifierWith({ secret: 'abc' }),
      'jwtVerifier.secret: unknown option',
    ],
    [
      'one server where a list stands',
      () => gateWith({ authorizationServers: issuer.issuer }),
      'authorizationServers: expected a list',
    ],
    [
      'a misspelt option',
      () => gateWith({ authorisationServers: [] }),
      'authorisationServers: unknown option; did you mean authorizationServers?',
    ],
    [
      'a misspelt scope at a route',
      () => protect(gateWith(), 'notes:raed'),
      'rule: "notes:raed" is not in the scope catalogue',
    ],
    [
      'a misspelt scope in a policy',
      () => mcpPolicy(scopes, { tools: { add: 'notes:wirte' as never } }),
      'tools[\'add\']: "notes:wirte" is not in the scope catalogue',
    ],
    [
      'a misspelt first scope',
      () => gateWith({ initialScopes: ['notes:raed'] }),
      'initialScopes[0]: "notes:raed" is not in the scope catalogue',
    ],
    [
      'a route without a rule',
      () => protect(gateWith()),
      'the gate has no policy, so the route needs a rule of its own',
    ],
    [
      'metadata of no gate',
      () => resourceMetadata(),
      'resourceMetadata: expected at least one gate',
    ],
  ])('%s', (_what, mistake, says) => {
    expect(mistake).toThrow(TypeError);
    expect(mistake).toThrow(says);
  });

  test.each<[what: string, options: Readonly<Record<string, unknown>>, says: string]>([
    [
      'no first scopes',
      { policy, initialScopes: undefined },
      'initialScopes is not set, so a first login asks for no scope: name those of notes:read, notes:write',
    ],
    [
      'tokens of another issuer',
      { authorizationServers: ['https://other.example.com'] },
      "correct authorizationServers or the verifier's issuer",
    ],
  ])('%s: a warning', (_what, options, says) => {
    const told: string[] = [];
    gateWith({ ...options, onWarning: ({ message }: { message: string }) => told.push(message) });
    expect(told.join('\n')).toContain(says);
  });
});

describe('at the first requests', () => {
  async function ask(app: ReturnType<typeof express>, token?: string): Promise<string> {
    const server = createServer(app);
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    try {
      const response = await fetch(`${await listen(server)}/mcp`, { headers });
      return `${response.status} ${await response.text()}`;
    } finally {
      await close(server);
    }
  }

  test('the metadata is not mounted', async () => {
    const told: string[] = [];
    let now = Date.now();
    const gate = gateWith({
      clock: () => now,
      onWarning: ({ message }: { message: string }) => told.push(message),
    });
    const app = express().all('/mcp', protect(gate, 'notes:read'));
    for (let times = 0; times < 3; times++) {
      await ask(app);
      now += 10_000;
    }
    expect(told.join()).toContain('is resourceMetadata(gate) mounted at the root');
  });

  test('the metadata is mounted below a path', async () => {
    const gate = gateWith();
    const app = express();
    app.use('/api', resourceMetadata(gate));
    app.all('/mcp', protect(gate, 'notes:read'), (_req, res) => void res.json({}));
    const server = createServer(app);
    try {
      const { findings } = await checkResource(await listen(server), {
        ...{ issuer, scopes: ['notes:read'] },
      });
      const mend = findings.find(({ check }) => check === 'metadata')?.howToMend;
      expect(mend).toContain('mount resourceMetadata(gate) at the root of the origin');
    } finally {
      await close(server);
    }
  });

  test('the resource has another path than clients use, so that the audience is wrong', async () => {
    const gate = gateWith({ resource: 'https://notes.example.com/mcp/' });
    const text = formatExplanation(await explainToken(gate, await issuer.mintToken()));
    expect(text).toMatch(/WRONG +aud/);
    expect(text).toContain('the slash at its end');
  });

  test('what is refused is told with its reason and both audiences', async () => {
    const told: unknown[] = [];
    const gate = gateWith({
      resource: 'https://notes.example.com/other',
      onDecision: (event: unknown) => told.push(event),
    });
    await ask(express().all('/mcp', protect(gate, 'notes:read')), await issuer.mintToken());
    expect(JSON.stringify(told)).toContain('"audience"');
    expect(JSON.stringify(told)).toContain('https://notes.example.com/other');
  });

  test('the handler asks who calls and nothing guards it', async () => {
    const gate = gateWith();
    const app = express().all('/mcp', (req, res) => void res.json(authOf(gate, req)));
    expect(await ask(app)).toContain('no auth: this gate does not guard the route');
  });

  test('a body that middleware took without leaving it', async () => {
    const app = express();
    app.use((req, _res, next) => {
      req.resume();
      req.once('end', next);
    });
    app.all('/mcp', protect(gateWith({ policy })));
    const server = createServer(app);
    try {
      const response = await fetch(`${await listen(server)}/mcp`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${await issuer.mintToken({ scopes: ['notes:write'] })}`,
        },
        body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
      });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('The body could not be read');
    } finally {
      await close(server);
    }
  });
});
