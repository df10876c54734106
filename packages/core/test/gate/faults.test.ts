import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createGate, defineScopes, rule, where } from '../../src/index.js';
import type {
  Decision,
  ErrorContext,
  Gate,
  GateOptions,
  GateRequest,
  Rule,
} from '../../src/index.js';
import { mcpPolicy } from '../../src/mcp/index.js';
import { RESOURCE, callTool, scopesAsToken } from '../support/mcp.js';

/**
 * Every function that an application or a dependency gives to a gate goes wrong in every way, with a
 * token that has all scopes. The outcome is always a refusal, never an exception.
 */
const FAULTS: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new Error('fault');
  },
  'throws nothing': () => {
    // oxlint-disable-next-line no-throw-literal -- a fault that applications do produce
    throw undefined;
  },
  rejects: () => Promise.reject(new Error('fault')),
  hangs: () => new Promise(() => {}),
  'returns undefined': () => undefined,
  'returns null': () => null,
  'returns true': () => true,
  'returns {}': () => ({}),
  'returns []': () => [],
  'returns a string': () => 'notes:read notes:write',
  'resolves to true': async () => true,
  'resolves to {}': async () => ({}),
  'returns a thenable that throws': () => ({
    // oxlint-disable-next-line unicorn/no-thenable -- a fault
    then() {
      throw new Error('fault');
    },
  }),
  'returns a proxy that throws': () =>
    new Proxy(
      {},
      {
        get() {
          throw new Error('fault');
        },
        getOwnPropertyDescriptor() {
          throw new Error('fault');
        },
      },
    ),
};

/** `true` is what a predicate says to allow; everything else is a fault of it. */
async function falsify(fault: () => unknown): Promise<unknown> {
  const value = await fault();
  return value === true ? 'true' : value;
}

/** For functions that must answer at once: a promise that rejects is nobody's to wait for there. */
const SYNC_FAULTS = Object.entries(FAULTS).filter(([how]) => how !== 'rejects');

const scopes = defineScopes(['notes:read', 'notes:write']);
const options: GateOptions<'notes:read' | 'notes:write'> = {
  resource: RESOURCE,
  verifier: scopesAsToken,
  scopes,
  verifierTimeout: 20,
  ruleTimeout: 20,
  bodyTimeout: 20,
};

function request(changes: Partial<GateRequest> = {}): GateRequest {
  const headers = new Headers({ authorization: 'Bearer notes.read+notes.write' });
  return {
    method: 'POST',
    url: '/mcp',
    headers,
    readBody: async () => ({
      bytes: JSON.stringify(callTool('t')),
      contentType: 'application/json',
      contentEncoding: null,
    }),
    ...changes,
  };
}

const tool = (needed: unknown): Gate =>
  createGate({
    ...options,
    policy: mcpPolicy(scopes, { tools: { t: needed as Rule<'notes:read'> } }),
  }) as unknown as Gate;

/** Where each faulty function goes; the names are those of the option types. */
const PLACES: Readonly<Record<string, (fault: () => unknown) => Promise<Decision>>> = {
  verifier: (fault) =>
    createGate({ ...options, verifier: fault as never }).check(request(), 'notes:read'),
  'a function rule': (fault) => tool(fault).check(request()),
  compute: (fault) => tool(rule(fault as never)).check(request()),
  predicate: (fault) => tool(where((() => falsify(fault)) as never)).check(request()),
  readBody: (fault) => tool('notes:read').check(request({ readBody: fault as never })),
  'headers.get': (fault) => tool('notes:read').check(request({ headers: { get: fault as never } })),
};

afterEach(() => vi.restoreAllMocks());

describe.each(Object.entries(PLACES))('%s', (place, run) => {
  const faults = place === 'headers.get' ? SYNC_FAULTS : Object.entries(FAULTS);
  test.each(faults)('%s: refused [T04, T14, AH-14, AH-15]', async (how, fault) => {
    const decision = await run(fault);
    expect(decision.allowed, `${place} ${how}`).toBe(false);
  });
});

test.each(Object.entries(FAULTS))('a hook that %s changes nothing [T04]', async (_how, fault) => {
  const gate = createGate({ ...options, verifier: FAULTS['throws'] as never, onError: fault });
  expect(await gate.check(request(), 'notes:read')).toMatchObject({ status: 503 });
});

test.each(Object.entries(FAULTS))(
  'a hook for decisions that %s changes nothing [T04]',
  async (_how, fault) => {
    const silent = createGate(options);
    const watched = createGate({ ...options, onDecision: fault });
    const anonymous = request({ headers: new Headers() });
    for (const one of [request(), anonymous]) {
      const expected = await silent.check(one, 'notes:read');
      const decision = await watched.check(one, 'notes:read');
      expect(JSON.stringify(decision)).toBe(JSON.stringify(expected));
    }
    const thrown = { name: 'InsufficientScopeError', requiredScopes: ['notes:write'] };
    expect(watched.refuse(thrown, anonymous)).toMatchObject({ status: 401 });
  },
);

test.each(SYNC_FAULTS)('a clock that %s refuses what expires [T92]', async (_how, fault) => {
  const verifier = () => ({ scopes: ['notes:read'], expiresAt: Date.now() / 1000 - 3600 });
  const gate = createGate({ ...options, verifier, clock: fault as never });
  expect(await gate.check(request(), 'notes:read')).toMatchObject({ allowed: false });
});

test.each(SYNC_FAULTS)(
  'a scope that is matched by a function that %s is not granted [T10]',
  async (how, fault) => {
    const catalogue = defineScopes({ 'files:read': { match: fault as never } });
    const gate = createGate({
      resource: RESOURCE,
      scopes: catalogue,
      verifier: () => ({ scopes: ['x'] }),
    });
    const decision = await gate.check(request(), 'files:read');
    expect(decision.allowed).toBe(how === 'returns true');
  },
);

test.each(Object.entries(FAULTS))(
  'a signature of metadata that %s [PR-6, T47]',
  async (_how, fault) => {
    const errors: ErrorContext[] = [];
    const gate = createGate({
      ...options,
      signedMetadata: fault as never,
      onError: (_error, context) => errors.push(context),
    });
    const url = '/.well-known/oauth-protected-resource/mcp';
    const get = { method: 'GET', url, headers: new Headers() };
    const reply = await Promise.race([
      gate.metadata.respond(get),
      new Promise<'hangs'>((resolve) => setTimeout(resolve, 200, 'hangs')),
    ]);
    expect(reply).toMatchObject({ status: 200 });
  },
);

test.each([
  ['hangs', 'signedMetadata took longer than 20 ms'],
  ['returns {}', 'signedMetadata: expected a string'],
])('the error of a signature that %s names the option', async (how, message) => {
  const errors: unknown[] = [];
  const gate = createGate({
    ...options,
    signedMetadata: FAULTS[how] as never,
    onError: (error) => void errors.push(error),
  });
  const url = '/.well-known/oauth-protected-resource/mcp';
  await gate.metadata.respond({ method: 'GET', url, headers: new Headers() });
  expect(errors).toEqual([expect.objectContaining({ message })]);
});

test('the list of places is complete: every function of the option types has one [T04]', () => {
  const files = [
    'gate/gate-options.ts',
    'observe/report-only.ts',
    'types.ts',
    'policy/types.ts',
    'scope/define-scopes.ts',
  ];
  const members = files.flatMap((file) => {
    const text = readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8');
    return [
      ...text.matchAll(
        /readonly (\w+)\??:\s*(?:string \| \()?(?:\([^)]*\)\s*=>|Verifier|Predicate|RuleFunction)/g,
      ),
    ];
  });
  const names = [...new Set(members.map((match) => match[1] ?? ''))].toSorted();
  expect(names).toEqual([
    'clientCertificate', // throws in token/mtls/mtls.test.ts
    'clock',
    'compute',
    'match',
    'onDecision',
    'onError',
    'onWarning', // throws in observe/metadata-watch.test.ts
    'predicate',
    'readBody',
    'remoteAddress', // throws in token/mtls/mtls.test.ts
    'signedMetadata',
    'start', // ours: what reportOnly() returns
    'verifier',
  ]);
});

test('a polluted prototype grants nothing [T09]', async () => {
  const polluted: Record<string, unknown> = {
    ...{ scope: 'notes:read', scopes: ['notes:read'], scp: 'notes:read', allOf: ['notes:read'] },
    ...{ name: 'hello', method: 'ping', tools: {}, allowed: true, claims: {}, payload: {} },
    ...{ exp: 9e9, aud: RESOURCE, sub: 'eve', kind: 'publicAccess', parsed: {}, active: true },
  };
  const prototype = Object.prototype as unknown as Record<string, unknown>;
  const outcomes: Decision[] = [];
  const gate = tool('notes:read');
  const noScopes = createGate({ ...options, verifier: (() => ({ claims: {} })) as never });
  const empty = createGate({ ...options, verifier: (() => ({})) as never });
  const nothing = createGate({ ...options, policy: mcpPolicy(scopes, { tools: {} }) });
  const names = Object.keys(polluted);
  for (const name of names) {
    Object.defineProperty(prototype, name, { value: polluted[name], configurable: true });
  }
  try {
    outcomes.push(
      await gate.check(
        request({
          readBody: async () => ({
            bytes: '{}',
            contentType: 'application/json',
            contentEncoding: null,
          }),
        }),
      ),
      await gate.check(request({ headers: new Headers() })),
      await gate.check(request({ readBody: (async () => ({})) as never })),
      await noScopes.check(request(), 'notes:read'),
      await empty.check(request(), 'notes:read'),
      await nothing.check(request()),
      await tool(() => ({})).check(request()),
    );
  } finally {
    for (const name of names) delete prototype[name];
  }
  expect(outcomes.map((decision) => decision.allowed)).toEqual(outcomes.map(() => false));
});
