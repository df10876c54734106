/** The option `cache.shared`: what it holds is believed as far as the endpoint would be, and no longer. */
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { introspectionVerifier } from '../../../src/token/introspection/index.js';
import type {
  IntrospectionVerifierOptions,
  IntrospectionWarning,
  TokenCache,
} from '../../../src/token/introspection/index.js';
import { createGate } from '../../../src/index.js';
import type { Decision } from '../../../src/index.js';
import { startIntrospectionEndpoint } from '../../support/introspection-endpoint.js';
import type { IntrospectionEndpoint } from '../../support/introspection-endpoint.js';

const RESOURCE = 'https://notes.example.com/mcp';

let endpoint: IntrospectionEndpoint;
beforeAll(async () => {
  endpoint = await startIntrospectionEndpoint();
});
afterAll(() => endpoint.close());

/** Milliseconds, for all instances. */
let time = 0;
let entries = new Map<string, { value: unknown; expiresAt: number }>();
let warnings: IntrospectionWarning[] = [];
beforeEach(() => {
  time = Date.now();
  entries = new Map();
  warnings = [];
  endpoint.asked.length = 0;
  endpoint.answer(good());
});

const good = (members: object = {}): object => ({
  ...{ active: true, aud: RESOURCE, scope: 'a', exp: time / 1000 + 300, sub: 'ray', jti: 'j-raw' },
  ...members,
});

/** Keeps JSON, as a store outside of the process does, and forgets nothing by itself. */
const store: TokenCache = {
  get: async (key) => {
    const entry = entries.get(key);
    return entry && (JSON.parse(JSON.stringify(entry.value)) as unknown);
  },
  set: async (key, value, { expiresAt }) => void entries.set(key, { value, expiresAt }),
};

/** Another instance of the service. */
function instance(
  shared: TokenCache = store,
  options: Partial<IntrospectionVerifierOptions> = {},
  ttl = 30,
): (token?: string) => Promise<Decision> {
  const verifier = introspectionVerifier({
    ...{ endpoint: endpoint.url, clientId: 'api', clock: () => time, allowInsecureLoopback: true },
    clientAuthentication: { method: 'client_secret_basic', secret: 's' },
    cache: { shared, ttl },
    onWarning: (warning: IntrospectionWarning) => warnings.push(warning),
    ...options,
  } as IntrospectionVerifierOptions);
  const gate = createGate({ resource: RESOURCE, verifier, scopes: ['a'], clock: () => time });
  return async (token = 'secret-token') => {
    const headers = { authorization: `Bearer ${token}` };
    const decision = await gate.check(new Request(RESOURCE, { headers }), 'a');
    await settled();
    return decision;
  };
}

/** The request does not wait for the writing. */
const settled = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 5));

describe('active answers', () => {
  test('are found by other instances [IN-4]', async () => {
    expect(await instance()()).toMatchObject({ allowed: true, auth: { subject: 'ray' } });
    expect(await instance()()).toMatchObject({ allowed: true, auth: { subject: 'ray' } });
    expect(endpoint.asked.length).toBe(1);
    expect(warnings).toEqual([]);
  });

  test('work for `ttl` seconds after the request to the endpoint, on all together [T86]', async () => {
    expect(await instance()()).toMatchObject({ allowed: true });
    endpoint.answer({ active: false });
    time += 20_000;
    const second = instance();
    expect(await second()).toMatchObject({ allowed: true });
    time += 9_999;
    expect(await second()).toMatchObject({ allowed: true });
    time += 1;
    expect(await second()).toMatchObject({ status: 401 });
    expect(await instance()()).toMatchObject({ status: 401 });
  });

  test('never past `exp`, nor past the own `ttl` [T86]', async () => {
    endpoint.answer(good({ exp: time / 1000 + 10 }));
    await instance()();
    await instance()('other');
    expect([...entries.values()].map(({ expiresAt }) => expiresAt)).toEqual(
      Array.from({ length: 2 }, () => time / 1000 + 10),
    );
    endpoint.answer({ active: false });
    time += 5_000;
    expect(await instance(store, {}, 5)()).toMatchObject({ status: 401 });
    time += 5_000;
    expect(await instance()()).toMatchObject({ status: 401 });
  });

  test.each([60_000, 1_001])(
    'of an instance whose clock is %i ms ahead are not used [T92]',
    async (ahead) => {
      time += ahead;
      await instance()();
      time -= ahead;
      endpoint.answer({ active: false });
      expect(await instance()()).toMatchObject({ status: 401 });
    },
  );

  test('of an instance whose clock is a little ahead work a little longer [T92]', async () => {
    for (const ahead of [900, 1_000]) {
      // Whole seconds, so that sums of them are exact.
      time = Math.ceil(time / 1000) * 1000;
      endpoint.answer(good());
      time += ahead;
      await instance()(`of-one-${ahead}`);
      time -= ahead;
      endpoint.answer({ active: false });
      let reads = 0;
      const second = instance({ ...store, get: (key) => (reads++, store.get(key)) });
      expect(await second(`of-one-${ahead}`)).toMatchObject({ allowed: true });
      expect(await second(`of-one-${ahead}`)).toMatchObject({ allowed: true });
      expect(reads).toBe(1);
      time += 30_000 + ahead;
      expect(await second(`of-one-${ahead}`)).toMatchObject({ status: 401 });
    }
  });

  test.each([0, 5])(
    'of a token that expired %i s ago, within the tolerance, are not kept',
    async (ago) => {
      endpoint.answer(good({ exp: time / 1000 - ago }));
      expect(await instance()()).toMatchObject({ allowed: true });
      expect(entries.size).toBe(0);
    },
  );

  test('that name no issuer are of the issuer that is set, else of the endpoint', async () => {
    endpoint.answer(good({ client_id: 'c1' }));
    for (const issuer of [endpoint.origin, undefined]) {
      const options = issuer === undefined ? {} : { issuer };
      const asked = await instance(store, options)();
      const found = await instance(store, options)();
      const key = JSON.stringify([issuer ?? endpoint.url, 'c1', 'ray']);
      for (const one of [asked, found]) expect(one).toMatchObject({ auth: { bindingKey: key } });
    }
    expect(endpoint.asked.length).toBe(2);
  });

  test('are not those of another client or endpoint, nor of another token [T86, T89]', async () => {
    await instance()();
    await instance(store, { clientId: 'other' })();
    await instance(store, { issuer: endpoint.origin })();
    await instance(store, { endpoint: `${endpoint.url}/of-another-tenant` })();
    await instance()('another-token');
    expect(endpoint.asked.length).toBe(5);
    expect(entries.size).toBe(5);
  });

  test('are kept under a hash, the token itself nowhere [T86]', async () => {
    await instance()();
    expect(entries.size).toBe(1);
    expect(JSON.stringify([...entries])).not.toContain('secret-token');
    expect([...entries.keys()][0]).toMatch(/^[\w-]{43}$/);
  });

  test('are checked for each gate again, as those of the endpoint', async () => {
    await instance()();
    expect(await instance(store, { audience: 'https://other.example.com' })()).toMatchObject({
      status: 401,
    });
    expect(endpoint.asked.length).toBe(1);
  });
});

test('answers that are not active are not shared: nobody without a token can fill the cache [T88]', async () => {
  endpoint.answer({ active: false });
  for (let index = 0; index < 20; index++) await instance()(`invented-${index}`);
  expect(entries.size).toBe(0);
});

const value = (text: unknown, members: object = {}) => ({
  ...{ text: typeof text === 'string' ? text : JSON.stringify(text) },
  ...{ since: time / 1000, until: time / 1000 + 30 },
  ...members,
});

const FORM = 'Error: found a value of another form';
const INACTIVE = 'Error: found an answer that is not active';

/** What a cache may do instead of answering, and what the warning says; in each case the endpoint decides. */
const FAULTS: Readonly<Record<string, readonly [fault: () => unknown, says: string]>> = {
  throws: [
    () => {
      throw new Error('down');
    },
    'Error: down',
  ],
  rejects: [() => Promise.reject(new Error('down')), 'Error: down'],
  'rejects with a text': [() => Promise.reject('down' as never), 'string'],
  'rejects at length': [
    () => Promise.reject(new Error('x'.repeat(1_000))),
    `Error: ${'x'.repeat(193)}`,
  ],
  hangs: [() => new Promise(() => {}), 'TimeoutError: the shared cache took longer than 250 ms'],
  'returns null': [() => null, FORM],
  'returns true': [() => true, FORM],
  'returns a string': [() => JSON.stringify(good()), FORM],
  'returns an answer alone': [() => good(), FORM],
  'returns claims without times': [() => ({ text: JSON.stringify(good()) }), FORM],
  'returns times in milliseconds': [
    () => value(good(), { since: time, until: time + 30_000 }),
    FORM,
  ],
  'returns texts for times': [() => value(good(), { since: '1', until: '9999999999' }), FORM],
  'returns NaN': [() => value(good(), { since: NaN }), FORM],
  'returns no JSON': [() => value('{'), 'Error: the shared cache answered with what is no JSON'],
  'returns a list': [
    () => value('[]'),
    'Error: the shared cache answered with what is no JSON object',
  ],
  'returns what is not active': [() => value({ ...good(), active: false }), INACTIVE],
  'returns "true"': [() => value({ ...good(), active: 'true' }), INACTIVE],
  'returns two members of a name': [
    () => value('{"active":false,"active":true}'),
    'Error: the shared cache answered with a repeated member',
  ],
  'returns another type of text': [() => ({ ...value(''), text: good() }), FORM],
  'returns a list of texts': [() => ({ ...value(''), text: [JSON.stringify(good())] }), FORM],
  'returns members of a prototype': [() => Object.create(value(good())) as unknown, FORM],
};

describe.each(Object.entries(FAULTS))('a cache that %s', (_how, [fault, says]) => {
  test('cannot admit: the endpoint says no [T90]', async () => {
    endpoint.answer({ active: false });
    const check = instance({ get: fault, set: () => {} });
    expect(await check()).toMatchObject({ status: 401 });
    expect(endpoint.asked.length).toBe(1);
    expect(warnings).toEqual([{ code: 'shared_cache_failed', message: `cache.shared: ${says}` }]);
    expect(JSON.stringify(warnings)).not.toContain('secret-token');
  });

  test('cannot refuse: the endpoint says yes [T90]', async () => {
    const started = performance.now();
    expect(await instance({ get: fault, set: fault as never })()).toMatchObject({ allowed: true });
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(endpoint.asked.length).toBe(1);
  });
});

const down: TokenCache = { get: () => Promise.reject(new Error('down')), set: () => {} };

test('without a hook, warnings are written to console.warn', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  await instance(down, { onWarning: undefined as never })();
  expect(warn).toHaveBeenCalledExactlyOnceWith('introspectionVerifier: cache.shared: Error: down');
  warn.mockRestore();
});

test('a hook that throws changes nothing, and warnings come once a minute', async () => {
  const onWarning = vi.fn<() => void>(() => {
    throw new Error('fault');
  });
  const check = instance(down, { onWarning });
  for (let index = 0; index < 5; index++) {
    expect(await check(`t${index}`)).toMatchObject({ allowed: true });
  }
  expect(onWarning).toHaveBeenCalledTimes(1);
  time += 60_000;
  await check('later');
  expect(onWarning).toHaveBeenCalledTimes(2);
});

test.each<readonly [message: string, cache: object]>([
  ['cache.shared: expected an object with get and set', { shared: {} }],
  ['cache.shared: expected an object with get and set', { shared: { get: () => undefined } }],
  ['cache.shared: expected an object with get and set', { shared: { set: () => undefined } }],
  ['cache.shared: expected an object', { shared: () => {} }],
  ['cache.shared: needs a ttl above 0', { shared: store, ttl: 0 }],
])('%s', (message, cache) => {
  const make = (): unknown => instance(store, { cache } as never);
  expect(make).toThrow(TypeError);
  expect(make).toThrow(`introspectionVerifier.${message}`);
});
