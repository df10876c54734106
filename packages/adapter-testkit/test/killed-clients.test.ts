/** A thousand clients go away in the middle: the server goes on, and keeps nothing of them. */
import { describe, expect, test } from 'vitest';
import { PARTS, nodeHarness } from '../../core/test/support/node-harness.js';
import { ALL_HARNESSES } from './support/harnesses.js';
import { killClients } from './support/kill.js';

test.for(ALL_HARNESSES)(
  '$name: a thousand clients that go away leave nothing behind [T25, T29]',
  { timeout: 60_000 },
  async (harness) => {
    const { requests, begun, ...rest } = await killClients(harness, 1000);
    expect(rest).toEqual({ stray: [], listeners: 0, pending: 0, status: 200 });
    expect(begun).toBeGreaterThan(740);
    expect(requests).toBeLessThan(20);
  },
);

describe('would be seen:', () => {
  test('a stream that goes on', { timeout: 20_000 }, async () => {
    const harness = nodeHarness({ gone: () => new AbortController().signal });
    expect((await killClients(harness, 60)).pending).toBeGreaterThan(0);
  });

  test('requests that are kept', { timeout: 20_000 }, async () => {
    const kept: unknown[] = [];
    const harness = nodeHarness({
      fromNodeRequest(req) {
        kept.push(req);
        return PARTS.fromNodeRequest(req);
      },
    });
    expect((await killClients(harness, 100)).requests).toBeGreaterThan(70);
  });

  test('listeners on the process', { timeout: 20_000 }, async () => {
    const listener = (): void => undefined;
    const harness = nodeHarness({
      gone(res) {
        process.on('SIGUSR2', listener);
        return PARTS.gone(res);
      },
    });
    process.setMaxListeners(0);
    const { listeners } = await killClients(harness, 60);
    process.removeAllListeners('SIGUSR2').setMaxListeners(10);
    expect(listeners).toBeGreaterThan(10);
  });
});
