import { describe, expect, test } from 'vitest';
import { stepUpFetch } from '../src/index.js';
import type { StepUpFetchOptions } from '../src/index.js';
import { READ, notes, toolCall } from './support.js';

describe('options', () => {
  const good: StepUpFetchOptions = { resource: 'https://h.example/mcp', token: () => 'x' };
  test.each([
    [{ resource: 'http://h.example/mcp' }, 'resource: expected an https URL'],
    [{ resource: undefined }, 'resource: expected an https URL'],
    [{ resource: 'https://u:p@h.example/' }, 'resource: expected an https URL'],
    [{ token: undefined }, 'token: expected function'],
    [{ token: 'x' }, 'token: expected function'],
    [{ authorise: () => {} }, 'authorise: unknown option'],
    [{ __proto__: null, toString: 'x' }, 'toString: unknown option'],
    [{ ledger: null }, 'ledger: expected object'],
    [{ interactive: 'no' }, 'interactive: expected boolean'],
    [{ discovery: 7 }, 'discovery: expected boolean or object or function'],
    [{ limits: { perOperation: 3 } }, 'limits.perOperation: expected an integer from 0 to 2'],
    [{ limits: { scopes: 1.5 } }, 'limits.scopes: expected an integer from 0 to 100'],
    [{ limits: { perResource: Infinity } }, 'limits.perResource: expected an integer from 0 to 32'],
    [{ limits: { valueOf: 1 } }, 'limits.valueOf: unknown option'],
  ])('%j', (options, message) => {
    expect(() => stepUpFetch({ ...good, ...(options as object) })).toThrow(TypeError);
    expect(() => stepUpFetch({ ...good, ...(options as object) })).toThrow(message);
  });

  test('discovery can be left out, or be the application’s', async () => {
    const found = { resource: 'urn:x', metadata: { resource: 'urn:x' }, metadataUrl: '' };
    for (const [discovery, resource, metadata] of [
      [false, undefined, undefined],
      [async () => undefined, undefined, undefined],
      [async () => found, 'urn:x', found.metadata],
    ] as const) {
      const { app, server } = await notes(READ, { discovery });
      expect((await app.fetch(server.resource, toolCall('add_note'))).status).toBe(200);
      expect(app.authorizations[0]).toMatchObject({ resource: resource ?? server.resource });
      expect(app.authorizations[0]?.metadata).toBe(metadata);
      expect(server.seen.filter(({ url }) => url !== '/mcp')).toEqual([]);
    }
  });
});
