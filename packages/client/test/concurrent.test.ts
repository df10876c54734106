import { describe, expect, test, vi } from 'vitest';
import type { StepUpError } from '../src/index.js';
import { createApp, guarded, notes, READ, rejection, startServer, toolCall } from './support.js';
import type { TestApp } from './support.js';

describe('concurrent refusals', () => {
  test('50 requests, one authorization [CS-13]', async () => {
    const { app, server } = await notes(READ);
    const requests = Array.from({ length: 50 }, (_, i) =>
      app.fetch(server.resource, toolCall(`add_${i % 7}`)),
    );
    const statuses = (await Promise.all(requests)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(app.authorizations).toHaveLength(1);
  });

  test('50 requests without a token, one login; 50 refused for good, one authorization [CS-13]', async () => {
    const { app, server } = await notes(undefined, {
      grant({ reason, scope = '' }) {
        if (reason === 'login') return scope;
        throw Object.assign(new Error('no'), { error: 'access_denied' });
      },
    });
    await Promise.all(
      Array.from({ length: 50 }, () => app.fetch(server.resource, toolCall('read_notes'))),
    );
    expect(app.authorizations).toHaveLength(1);
    const errors = (await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        rejection(app.fetch(server.resource, toolCall(`add_${i}`))),
      ),
    )) as StepUpError[];
    // Who was refused while the user was asked hears the answer, who came later that it was given.
    for (const error of errors) expect(['access_denied', 'nothing_new']).toContain(error.code);
    expect(errors[49]?.operation.label).toBe('add_49');
    expect(app.authorizations).toHaveLength(2);
  });

  test('requests that the running authorization does not cover wait, and share the next one [CS-13]', async () => {
    const releases: (() => void)[] = [];
    const server = await startServer(
      guarded(
        ({ url }) => url.slice('/mcp/'.length),
        () => app.token?.scope ?? '',
      ),
    );
    const app: TestApp = createApp({
      resource: server.resource,
      scope: 'read',
      grant: ({ scope }) => new Promise((resolve) => releases.push(() => resolve(scope ?? ''))),
    });
    const get = (scope: string) => app.fetch(`${server.resource}/${scope}`);
    const first = get('a');
    await vi.waitFor(() => expect(releases).toHaveLength(1));
    const others = [get('b'), get('c'), get('b'), get('a')];
    await vi.waitFor(() => expect(server.calls()).toHaveLength(5));
    releases[0]?.();
    await first;
    await vi.waitFor(() => expect(releases).toHaveLength(2));
    releases[1]?.();
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(app.authorizations.map(({ scope }) => scope)).toEqual(['read a', 'read a b c']);
  });

  test('a declined scope is left out of the authorizations of other requests [CS-6, CS-13]', async () => {
    const releases: (() => void)[] = [];
    const server = await startServer(
      guarded(
        ({ url }) => url.slice('/mcp/'.length),
        () => app.token?.scope ?? '',
      ),
    );
    const app: TestApp = createApp({
      resource: server.resource,
      scope: 'read',
      grant: ({ scope = '' }) =>
        new Promise((resolve, reject) =>
          releases.push(() => {
            if (scope.includes('bad'))
              reject(Object.assign(new Error('no'), { error: 'access_denied' }));
            else resolve(scope);
          }),
        ),
    });
    const outcome = (scope: string) =>
      app.fetch(`${server.resource}/${scope}`).then(
        ({ status }) => status,
        ({ code }: StepUpError) => code,
      );
    const release = async (nth: number): Promise<void> => {
      await vi.waitFor(() => expect(releases).toHaveLength(nth));
      releases[nth - 1]?.();
    };
    const first = outcome('bad');
    await release(1);
    expect(await first).toBe('access_denied');
    const running = outcome('a');
    await vi.waitFor(() => expect(releases).toHaveLength(2));
    const others = [outcome('bad'), outcome('b'), outcome('bad'), outcome('c')];
    await vi.waitFor(() => expect(server.calls()).toHaveLength(6));
    await release(2);
    await release(3);
    expect(await running).toBe(200);
    expect(await Promise.all(others)).toEqual(['nothing_new', 200, 'nothing_new', 200]);
    expect(app.authorizations.map(({ scope }) => scope)).toEqual([
      ...['read bad', 'read a', 'read a b c'],
    ]);
  });
});
