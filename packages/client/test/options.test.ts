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
    [{ token: undefined }, 'token: expected a function'],
    [{ token: 'x' }, 'token: expected a function'],
    [{ authorise: () => {} }, 'authorise: unknown option'],
    [{ __proto__: null, toString: 'x' }, 'toString: unknown option'],
    [{ ledger: null }, 'ledger: expected an object'],
    [{ interactive: 'no' }, 'interactive: expected a boolean'],
    [{ discovery: 7 }, 'discovery: expected an object'],
    [
      { limits: { perOperation: 3 } },
      'limits.perOperation: expected an integer of authorizations from 0 to 2',
    ],
    [{ limits: { scopes: 1.5 } }, 'limits.scopes: expected an integer of scopes from 0 to 100'],
    [
      { limits: { perResource: Infinity } },
      'limits.perResource: expected an integer of authorizations from 0 to 32',
    ],
    [{ limits: { perResource: '10' } }, 'limits.perResource: expected an integer of'],
    [{ limits: { perOperation: -1 } }, 'limits.perOperation: expected an integer of'],
    [{ limits: { forgetAfter: Number.NaN } }, 'limits.forgetAfter: expected an integer of seconds'],
    [{ limits: { forgetAfter: 86_401 } }, 'limits.forgetAfter: expected an integer of seconds'],
    [{ limits: 7 }, 'limits: expected an object'],
    [{ allowedScopes: 'a b' }, 'allowedScopes: expected a list'],
    [{ discovery: true }, 'discovery: expected an object'],
    [{ discovery: { timeout: '5000' } }, 'discovery.timeout: expected a number of milliseconds'],
    [{ discovery: { maxBytes: 0 } }, 'discovery.maxBytes: expected a number of bytes'],
    [{ discovery: { allowPrivateHosts: 'intranet' } }, 'discovery.allowPrivateHosts: expected a'],
    [{ discovery: { timeoutMs: 1 } }, 'discovery.timeoutMs: unknown option'],
    [{ limits: { valueOf: 1 } }, 'limits.valueOf: unknown option'],
  ])('%j [T187]', (options, message) => {
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
