import { describe, expect, test, vi } from 'vitest';
import { stepUpFetch } from '../src/index.js';
import type { LedgerStore, StepUpError } from '../src/index.js';
import {
  READ,
  WRITE,
  createApp,
  guarded,
  notes,
  refuse,
  rejection,
  startServer,
  toolCall,
} from './support.js';
import type { TestApp } from './support.js';

describe('the ledger', () => {
  /** Each call is a page load: a new fetch over the same store, and an authorization that leaves. */
  function page(resource: string, ledger: LedgerStore, scope?: string): TestApp {
    const app: TestApp = createApp({
      resource,
      ledger,
      ...(scope !== undefined && { scope }),
      async authorize(request) {
        app.authorizations.push(request);
        return 'redirected';
      },
    });
    return app;
  }

  function asyncStore(): LedgerStore & { readonly content: Map<string, string> } {
    const content = new Map<string, string>();
    return {
      content,
      get: async (key) => content.get(key) ?? null,
      set: async (key, value) => void content.set(key, value),
      delete: async (key) => void content.delete(key),
    };
  }

  test('a loop over redirects ends: the same scope is asked for once [CS-5, CS-6, T114]', async () => {
    const server = await startServer(
      guarded(
        () => WRITE,
        () => READ,
      ),
    );
    const ledger = asyncStore();
    const codes: unknown[] = [];
    for (let load = 0; load < 6; load += 1) {
      const app = page(server.resource, ledger, READ);
      const error = await rejection(app.fetch(server.resource, toolCall('add_note')));
      codes.push((error as StepUpError).code);
    }
    expect(codes).toEqual(['authorization_pending', ...Array<string>(5).fill('nothing_new')]);
  });

  test('a loop with growing scopes ends after two step-ups [CS-5, T114]', async () => {
    let n = 0;
    const server = await startServer((_request, response) =>
      refuse(response, 403, `Bearer error="insufficient_scope", scope="s${(n += 1)}"`),
    );
    const ledger = asyncStore();
    const codes: unknown[] = [];
    for (let load = 0; load < 6; load += 1) {
      const app = page(server.resource, ledger, READ);
      codes.push(((await rejection(app.fetch(server.resource))) as StepUpError).code);
    }
    expect(codes).toEqual([
      ...['authorization_pending', 'authorization_pending'],
      ...Array<string>(4).fill('operation_limit'),
    ]);
  });

  test('attempts of another version count for the resource, also if both write in turn [CS-5, T114]', async () => {
    let n = 0;
    const server = await startServer((_request, response) =>
      refuse(response, 403, `Bearer error="insufficient_scope", scope="s${(n += 1)}"`),
    );
    const store = asyncStore();
    // A version that knows no reasons writes back what it knows: a page of it in turn with each of ours.
    const ledger = {
      ...store,
      set: (key: string, value: string) => store.set(key, value.replaceAll('"reason"', '"kind"')),
    };
    const codes: unknown[] = [];
    for (let load = 0; load < 12; load += 1) {
      const app = page(server.resource, ledger, READ);
      codes.push(((await rejection(app.fetch(server.resource))) as StepUpError).code);
    }
    expect(codes).toEqual([
      ...Array<string>(10).fill('authorization_pending'),
      ...Array<string>(2).fill('resource_limit'),
    ]);
  });

  test('the page after the redirect sends the new token, and keeps the requested scopes [CS-3]', async () => {
    const server = await startServer(
      guarded(
        ({ url }) => url.slice('/mcp/'.length),
        () => later.token?.scope ?? '',
      ),
    );
    const ledger = asyncStore();
    let later = page(server.resource, ledger, 'read');
    expect(await rejection(later.fetch(`${server.resource}/a`))).toMatchObject({
      code: 'authorization_pending',
    });
    later = page(server.resource, ledger, 'read a');
    expect((await later.fetch(`${server.resource}/a`)).status).toBe(200);
    // A token that does not say what it has: what the page before asked for is asked for again.
    const opaque = stepUpFetch({
      resource: server.resource,
      ledger,
      token: () => 'opaque',
      authorize: async (request) => {
        later.authorizations.push(request);
        return 'redirected';
      },
    });
    await rejection(opaque(`${server.resource}/b`));
    expect(later.authorizations).toMatchObject([{ scope: 'a b' }]);
  });

  test('contains JSON without a token, expires, and uses one key [T114]', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const server = await startServer(
        guarded(
          () => WRITE,
          () => READ,
        ),
      );
      const ledger = asyncStore();
      const app = createApp({
        resource: server.resource,
        ledger,
        scope: READ,
        grant: () => Promise.reject(Object.assign(new Error(), { error: 'access_denied' })),
        limits: { forgetAfter: 60 },
      });
      await rejection(app.fetch(server.resource, toolCall('add_note')));
      const [[key, value] = []] = [...ledger.content];
      expect(key).toBe(`scopegate:${server.resource}`);
      expect(value).not.toContain('token-');
      expect(JSON.parse(value ?? '')).toMatchObject({
        attempts: [{ added: WRITE }],
      });
      vi.setSystemTime(Date.now() + 59_000);
      await rejection(app.fetch(server.resource, toolCall('add_note')));
      expect(app.authorizations).toHaveLength(1);
      vi.setSystemTime(Date.now() + 2000);
      await rejection(app.fetch(server.resource, toolCall('add_note')));
      expect(app.authorizations).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });

  test.each([
    ...['', 'x', 'null', '[]', '{}', '{"at":"x"}', '{"attempts":7,"at":1e99}'],
    JSON.stringify({ at: Date.now(), requested: 7, attempts: [null, 7, {}, { at: 'x' }] }),
    JSON.stringify({ at: Date.now(), attempts: [{ at: Date.now(), reason: 'step-up' }] }),
  ])('reads %j as nothing', async (text) => {
    const { app, server } = await notes(READ, { ledger: new Map([['never', text]]) });
    const ledger = new Map([[`scopegate:${server.resource}`, text]]);
    const other = createApp({
      resource: server.resource,
      scope: READ,
      ledger,
      grant: ({ scope }) => {
        app.token = { accessToken: 'x', scope: scope ?? '' };
        return scope ?? '';
      },
    });
    expect((await other.fetch(server.resource, toolCall('add_note'))).status).toBe(200);
  });

  test.each(['get', 'set'] as const)(
    'that fails to %s allows no authorization [T114]',
    async (name) => {
      const { app, server } = await notes(READ, {
        ledger: { ...asyncStore(), [name]: () => Promise.reject(new Error('down')) },
      });
      const requests = ['add_note', 'add_many'].map((tool) =>
        rejection(app.fetch(server.resource, toolCall(tool))),
      );
      for (const error of await Promise.all(requests)) {
        expect(error).toMatchObject({
          code: 'authorization_failed',
          scopes: [WRITE],
          cause: { message: 'down' },
        });
      }
      expect(app.authorizations).toEqual([]);
    },
  );
});
