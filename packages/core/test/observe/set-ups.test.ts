/**
 * Set-ups as people write them, over real sockets: a wrong one says so in exactly one line or error that names
 * the option and the change; a right one is silent.
 */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  byTokenForm,
  createGate,
  defineScopes,
  deny,
  fromSdkVerifier,
  staticTokens,
} from '../../src/index.js';
import type { Gate, GateOptions, Verifier } from '../../src/index.js';
import { mcpPolicy } from '../../src/mcp/index.js';
import { createNodeGuard, createNodeMetadata } from '../../src/node/index.js';
import { genericProvider } from '../../src/providers/index.js';
import { introspectionVerifier } from '../../src/token/introspection/index.js';
import { jwtVerifier } from '../../src/token/jwt/index.js';
import { startIntrospectionEndpoint } from '../support/introspection-endpoint.js';
import type { IntrospectionEndpoint } from '../support/introspection-endpoint.js';
import { startIssuer } from '../support/issuer.js';
import type { TestIssuer } from '../support/issuer.js';

const RESOURCE = 'https://notes.example.com/mcp';
const METADATA = '/.well-known/oauth-protected-resource/mcp';
const SECRET = 'a-client-secret-of-the-service';
const scopes = defineScopes({ 'notes:read': {}, 'notes:write': {} });
const policy = mcpPolicy(scopes, { tools: { read_notes: 'notes:read' } });

let idp: TestIssuer;
let endpoint: IntrospectionEndpoint;
let good: string;
/** An issuer that is down: no system hands out this port, as it does that of a server which was stopped. */
const downIssuer = 'http://localhost:2';
let ofDownIssuer: string;
beforeAll(async () => {
  [idp, endpoint] = await Promise.all([startIssuer(RESOURCE), startIntrospectionEndpoint()]);
  const exp = Math.floor(Date.now() / 1000) + 86_400;
  good = await idp.token({ exp });
  ofDownIssuer = await idp.token({ exp, iss: downIssuer });
});
afterAll(() => Promise.all([idp.close(), endpoint.close()]));

/** Everything that was written, by any method of the console. */
const lines: string[] = [];
let now = Date.now();
const servers: Server[] = [];
beforeEach(() => {
  now = Date.now();
  endpoint.answer({ active: true, aud: RESOURCE, scope: 'notes:read', iss: endpoint.origin });
  for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, name).mockImplementation((...args: unknown[]) => {
      lines.push(args.map(String).join(' '));
    });
  }
});
afterEach(async () => {
  vi.restoreAllMocks();
  lines.length = 0;
  for (const server of servers.splice(0)) await closed(server);
});

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

type Options = Partial<GateOptions>;

const jwt = (): Verifier => jwtVerifier({ issuer: idp.issuer, allowInsecureLoopback: true });

const introspection = (): Verifier =>
  introspectionVerifier({
    ...{ issuer: endpoint.origin, clientId: 'notes', allowInsecureLoopback: true },
    clientAuthentication: { method: 'client_secret_basic', secret: SECRET },
  });

/** The gate of an MCP server that is set up rightly, but for the given options. */
function mcpGate(options: Options = {}): Gate {
  return createGate({
    resource: RESOURCE,
    authorizationServers: [idp.issuer],
    verifier: jwt(),
    ...{ scopes, policy, initialScopes: ['notes:read'], clock: () => now },
    ...options,
  } as GateOptions);
}

/** Mounts metadata and guard in this order on a server of node:http. */
async function serve(
  gate: Gate,
  order: readonly ('metadata' | 'guard')[] = ['metadata', 'guard'],
  rule?: string,
): Promise<string> {
  const metadata = createNodeMetadata([gate]);
  const guard = createNodeGuard(gate, rule);
  const server = createServer((req, res) => {
    const run = async (): Promise<void> => {
      for (const part of order) {
        if (part === 'metadata' && (await metadata({ req, res }))) return;
        if (part === 'guard' && (await guard({ req, res })) === undefined) return;
      }
      res.end('done');
    };
    run().catch(() => res.destroy());
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const call = (name: string): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } });

async function post(origin: string, token?: string, tool = 'read_notes'): Promise<number> {
  const { status } = await fetch(`${origin}/mcp`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: call(tool),
  });
  return status;
}

/** What a client does: it asks, reads the metadata, logs in, and asks again; several times over two hours. */
async function useAsClients(origin: string, token: string): Promise<number[]> {
  const statuses: number[] = [];
  for (const _hour of [1, 2, 3]) {
    statuses.push(await post(origin), (await fetch(origin + METADATA)).status);
    statuses.push(await post(origin, token), await post(origin, 'no-token-of-anybody'));
    now += 1_800_000;
  }
  return statuses;
}

interface WrongSetUp {
  readonly name: string;
  /** Does what shows the mistake, if the construction does not throw. */
  readonly run: () => unknown;
  /** What the one line or error must name. */
  readonly names: readonly (string | RegExp)[];
}

const WRONG: readonly WrongSetUp[] = [
  {
    name: 'the authorization server is down',
    run: async () => {
      const verifier = jwtVerifier({ issuer: downIssuer, allowInsecureLoopback: true });
      const origin = await serve(mcpGate({ verifier, authorizationServers: [downIssuer] }));
      for (const _time of [1, 2, 3]) expect(await post(origin, ofDownIssuer)).toBe(503);
    },
    names: [
      '`verifier`',
      'http://localhost:',
      'ECONNREFUSED',
      'can its issuer, keys and endpoint be reached',
    ],
  },
  {
    name: 'a verifier that was not called',
    run: () => mcpGate({ verifier: jwtVerifier as never }),
    names: ['verifier: jwtVerifier makes a verifier: call it, jwtVerifier({...})'],
  },
  {
    name: "an SDK's verifier",
    run: () => mcpGate({ verifier: { verifyAccessToken: () => undefined } as never }),
    names: ['verifier: ', 'fromSdkVerifier'],
  },
  {
    name: 'a provider in the place of the verifier',
    run: () =>
      mcpGate({ verifier: genericProvider({ issuer: 'https://idp.example.com' }) as never }),
    names: ['verifier: ', '`provider`'],
  },
  {
    name: 'a secret that the introspection endpoint refuses',
    run: async () => {
      endpoint.answer((_asked, res) => res.writeHead(401).end());
      const verifier = introspection();
      const origin = await serve(mcpGate({ verifier, authorizationServers: [endpoint.origin] }));
      for (const token of ['one-token', 'another-token']) {
        expect(await post(origin, token)).toBe(503);
      }
    },
    names: ['`verifier`', 'clientId and clientAuthentication'],
  },
  {
    name: 'a verifier that returns something else',
    run: async () => {
      const origin = await serve(mcpGate({ verifier: () => true as never }));
      for (const _time of [1, 2]) expect(await post(origin, good)).toBe(503);
    },
    names: ['`verifier`', 'must return { claims }'],
  },
  {
    name: 'an authorization server with a slash too many',
    run: () => mcpGate({ authorizationServers: [`${idp.issuer}/`] }),
    names: [
      'authorizationServers[0]',
      /http:\S+\/ is not the verifier's issuer http:/,
      'write both',
    ],
  },
  {
    name: 'an authorization server on another host',
    run: () => mcpGate({ authorizationServers: ['https://login.example.com'] }),
    names: [
      'authorizationServers',
      'https://login.example.com',
      /accepts http:/,
      'issuersDiffer: true',
    ],
  },
  {
    name: 'an MCP policy without authorization servers',
    run: async () => {
      const origin = await serve(mcpGate({ authorizationServers: [] }));
      await useAsClients(origin, good);
    },
    names: ['authorizationServers is not set', 'name the issuer'],
  },
  {
    name: 'several scopes, and none for a first login',
    run: () => mcpGate({ initialScopes: undefined as never }),
    names: ['initialScopes is not set', 'notes:read, notes:write'],
  },
  {
    name: 'metadata behind its own guard [PR-15, T146]',
    run: async () => {
      const origin = await serve(mcpGate(), ['guard', 'metadata']);
      for (const _time of [1, 2, 3]) {
        expect(await post(origin)).toBe(401);
        expect((await fetch(origin + METADATA)).status).toBe(401);
        now += 3_600_000;
      }
    },
    names: ['mount resourceMetadata(gate) in front of protect(gate)', METADATA],
  },
  {
    name: 'metadata that is not served',
    run: async () => {
      const origin = await serve(mcpGate(), ['guard']);
      for (const _time of [1, 2, 3]) {
        expect(await post(origin)).toBe(401);
        now += 60_000;
      }
    },
    names: ['resourceMetadata(gate) mounted at the root', METADATA],
  },
  {
    name: 'a guard that no request passes [T145]',
    run: async () => {
      const origin = await serve(mcpGate(), ['metadata']);
      for (const _time of [1, 2, 3]) {
        expect(await post(origin)).toBe(200);
        now += 60_000;
      }
    },
    names: ['no guard of this gate', 'mount protect(gate)', RESOURCE],
  },
  {
    name: 'a forgotten row of the policy',
    run: async () => {
      const origin = await serve(mcpGate());
      for (const _time of [1, 2]) expect(await post(origin, good, 'add_note')).toBe(403);
    },
    names: ['tools/call add_note', "tools: { 'add_note': ... }", 'otherTools: deny()'],
  },
];

const MISSPELT: readonly (readonly [options: object, message: string])[] = [
  [
    { authorizationServer: [] },
    'authorizationServer: unknown option; did you mean authorizationServers?',
  ],
  [{ intialScopes: [] }, 'intialScopes: unknown option; did you mean initialScopes?'],
  [{ authServers: [] }, 'authServers: unknown option; did you mean authorizationServers?'],
  [{ onDecison: 1 }, 'onDecison: unknown option; did you mean onDecision?'],
  [{ bodylimit: 1 }, 'bodylimit: unknown option; did you mean bodyLimit?'],
  [{ somethingElse: 1 }, 'somethingElse: unknown option'],
];

describe('a wrong set-up says so once, and what to change [T191]', () => {
  test.each(WRONG)('$name', async ({ run, names }) => {
    try {
      await run();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      lines.push(error.message);
    }
    expect(lines).toHaveLength(1);
    for (const name of names) expect(lines[0]).toMatch(name);
    expect(lines[0]).not.toMatch(/[^ -~]/);
    if (process.env['LINES'] !== undefined) process.stdout.write(`${lines[0]}\n`);
  });

  test('there are fourteen', () => expect(WRONG).toHaveLength(14));

  test.each(MISSPELT)('%j: %s', (options, message) => {
    expect(() => mcpGate(options)).toThrow(new TypeError(message));
    expect(lines).toEqual([]);
  });

  test.each([
    ['jwtVerifier', () => jwtVerifier({ isuer: 'x' } as never), 'issuer'],
    ['introspectionVerifier', () => introspectionVerifier({ clientID: 'x' } as never), 'clientId'],
    ['mcpPolicy', () => mcpPolicy(scopes, { tool: {} } as never), 'tools'],
    [
      'staticTokens',
      () => staticTokens({ a: { scopes: [] } }, { tolerance: 1 } as never),
      'clockTolerance',
    ],
    ['genericProvider', () => genericProvider({ isuer: 'x' } as never), 'issuer'],
    ['metadata', () => mcpGate({ metadata: { scopeSupported: [] } as never }), 'scopesSupported'],
  ])('%s: did you mean', (_name, make, meant) => {
    expect(make).toThrow(new RegExp(`: unknown option; did you mean ${meant}\\?$`));
  });

  test.each([
    ['introspectionVerifier', introspectionVerifier],
    ['staticTokens', staticTokens],
    ['byTokenForm', byTokenForm],
    ['fromSdkVerifier', fromSdkVerifier],
  ])('%s that was not called', (name, verifier) => {
    expect(() => mcpGate({ verifier: verifier as never })).toThrow(
      `verifier: ${name} makes a verifier: call it, ${name}({...})`,
    );
  });

  test.each<readonly [issuer: string, server: string]>([
    ['https://idp.example.com', 'https://IDP.example.com'],
    ['https://idp.example.com', 'https://idp.example.com:443'],
    ['https://idp.example.com', 'https://idp.example.com/'],
    ['https://idp.example.com/', 'https://idp.example.com'],
    ['https://idp.example.com/Realm', 'https://idp.example.com/realm/'],
  ])('tokens of %s, clients sent to %s: an error [PR-16]', (issuer, server) => {
    const verifier = jwtVerifier({ issuer });
    const make = (): unknown => mcpGate({ verifier, authorizationServers: [server] });
    expect(make).toThrow(TypeError);
    expect(make).toThrow('authorizationServers[0]');
  });

  test('issuersDiffer says that even a small difference is meant', () => {
    const verifier = jwtVerifier({ issuer: 'https://idp.example.com' });
    const authorizationServers = ['https://idp.example.com/'];
    mcpGate({ verifier, authorizationServers, issuersDiffer: true });
    expect(lines).toEqual([]);
  });

  test('what is no URL is not compared, and refused as such', () => {
    const verifier = jwtVerifier({ issuer: 'https://idp.example.com' });
    const make = (): unknown => mcpGate({ verifier, authorizationServers: ['idp'] });
    expect(make).toThrow(/^authorizationServers\[0\]: /);
  });

  const many = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  test.each<readonly [code: string, options: () => Options, message: string]>([
    [
      'no_authorization_servers',
      () => ({ authorizationServers: [] }),
      'authorizationServers is not set, so MCP clients cannot find out where to log in: name the issuer of the tokens',
    ],
    [
      'no_initial_scopes',
      () => ({
        ...{ scopes: many, policy: mcpPolicy(many, { tools: { read_notes: 'a' } }) as never },
        initialScopes: undefined as never,
      }),
      'initialScopes is not set, so a first login asks for no scope: name those of a, b, c, d, e that it should ask for',
    ],
    [
      'issuers_differ',
      () => ({
        verifier: byTokenForm({
          jwt: jwtVerifier({ issuer: 'https://one.example.com' }),
          opaque: introspectionVerifier({
            ...{ issuer: 'https://two.example.com', clientId: 'notes' },
            clientAuthentication: { method: 'client_secret_basic', secret: SECRET },
          }),
        }),
        authorizationServers: ['https://three.example.com', 'https://four.example.com'],
      }),
      "clients get tokens from https://three.example.com https://four.example.com, and the verifier accepts https://one.example.com https://two.example.com: correct authorizationServers or the verifier's issuer, or set issuersDiffer: true if the first stands in front of the second",
    ],
  ])('onWarning gets the code %s and the line', (code, options, message) => {
    const told: unknown[] = [];
    mcpGate({ ...options(), onWarning: (warning) => void told.push(warning) });
    expect(told).toEqual([{ code, message }]);
    expect(told.every((one) => Object.isFrozen(one))).toBe(true);
  });

  test('a provider may stand for servers in front of its issuer', () => {
    const { name, verifier, hints } = genericProvider({ issuer: 'https://idp.example.com' });
    createGate({
      resource: RESOURCE,
      provider: { name, verifier, hints, authorizationServers: ['https://login.example.com'] },
      ...{ scopes, policy, initialScopes: ['notes:read'] },
    });
    expect(lines).toEqual([]);
  });

  test('with onWarning and onError, nothing is written', async () => {
    const told: unknown[] = [];
    const hooks: Options = {
      onWarning: (warning) => void told.push(warning.code),
      onError: (_error, { reason }) => void told.push(reason),
    };
    const verifier = jwtVerifier({ issuer: downIssuer, allowInsecureLoopback: true });
    const origin = await serve(mcpGate({ verifier, authorizationServers: [idp.issuer], ...hooks }));
    expect(await post(origin, ofDownIssuer)).toBe(503);
    expect(told).toEqual(['issuers_differ', 'verifier_unavailable']);
    expect(lines).toEqual([]);
  });
});

const RIGHT: readonly (readonly [name: string, gate: () => Gate, token: () => string])[] = [
  ['JWTs of one issuer', () => mcpGate(), () => good],
  [
    'an authorization server in front of another',
    () => mcpGate({ authorizationServers: ['https://login.example.com'], issuersDiffer: true }),
    () => good,
  ],
  [
    'several authorization servers, one of them the issuer',
    () => mcpGate({ authorizationServers: ['https://new.example.com', idp.issuer] }),
    () => good,
  ],
  [
    'introspection, with the issuer',
    () => mcpGate({ verifier: introspection(), authorizationServers: [endpoint.origin] }),
    () => 'an-opaque-token',
  ],
  [
    'introspection at an endpoint, without an issuer',
    () =>
      mcpGate({
        verifier: introspectionVerifier({
          ...{ endpoint: endpoint.url, clientId: 'notes', allowInsecureLoopback: true },
          clientAuthentication: { method: 'client_secret_post', secret: SECRET },
        }),
      }),
    () => 'an-opaque-token',
  ],
  [
    'JWTs and opaque tokens side by side',
    () => mcpGate({ verifier: byTokenForm({ jwt: jwt(), opaque: introspection() }) }),
    () => good,
  ],
  [
    'tokens that are given out by hand, without an authorization server',
    () =>
      mcpGate({
        verifier: staticTokens({ 'a-token-given-by-hand': { scopes: ['notes:read'] } }),
        authorizationServers: [],
      }),
    () => 'a-token-given-by-hand',
  ],
  [
    'a verifier of the application, which names no issuer',
    () => mcpGate({ verifier: (token) => (token === 'fine' ? { scopes: ['notes:read'] } : null) }),
    () => 'fine',
  ],
  [
    "an SDK's verifier, wrapped",
    () =>
      mcpGate({
        verifier: fromSdkVerifier({
          verifyAccessToken: async (token) => {
            if (token !== 'fine')
              throw Object.assign(new Error('no'), { errorCode: 'invalid_token' });
            return { clientId: 'c', scopes: ['notes:read'], expiresAt: 4e9 };
          },
        }),
      }),
    () => 'fine',
  ],
  [
    'scopes that only the metadata names',
    () =>
      mcpGate({ initialScopes: undefined as never, metadata: { scopesSupported: ['notes:read'] } }),
    () => good,
  ],
  [
    'a catalogue of one scope',
    () =>
      mcpGate({
        scopes: ['notes:read'],
        policy: mcpPolicy(['notes:read'], { tools: { read_notes: 'notes:read' } }),
        initialScopes: undefined as never,
      }),
    () => good,
  ],
  [
    'a policy that denies all other tools on purpose',
    () =>
      mcpGate({
        policy: mcpPolicy(scopes, { tools: { read_notes: 'notes:read' }, otherTools: deny() }),
      }),
    () => good,
  ],
];

describe('a right set-up is silent', () => {
  test.each(RIGHT)('%s', async (_name, make, token) => {
    const origin = await serve(make());
    const statuses = await useAsClients(origin, token());
    expect(new Set(statuses)).toEqual(new Set([401, 200]));
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(6);
    expect(lines).toEqual([]);
  });

  test('a tool that is denied on purpose is no mistake', async () => {
    const tools = { read_notes: 'notes:read' } as const;
    const origin = await serve(
      mcpGate({ policy: mcpPolicy(scopes, { tools, otherTools: deny() }) }),
    );
    expect(await post(origin, good, 'add_note')).toBe(403);
    expect(lines).toEqual([]);
  });

  test('there are twelve', () => expect(RIGHT).toHaveLength(12));

  test('a plain HTTP service with a rule for each route, without authorization servers', async () => {
    const gate = createGate({
      ...{ resource: RESOURCE, verifier: jwt(), scopes, clock: () => now },
    });
    const origin = await serve(gate, ['metadata', 'guard'], 'notes:read');
    expect(new Set(await useAsClients(origin, good))).toEqual(new Set([401, 200]));
    expect(lines).toEqual([]);
  });
});
