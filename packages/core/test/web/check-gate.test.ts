import { describe, expect, test } from 'vitest';
import type { Gate } from '@scopegate/core';
import { createWebGuard, createWebMetadata, metadataOf } from '@scopegate/core/adapter';
import { createNodeGuard, createNodeMetadata, createStagedNodeGuard } from '@scopegate/core/node';

const web = {
  place: (request: Request) => ({ request }),
  write: () => new Response(),
};

const GUARDS = {
  createNodeGuard: (gate: Gate) => createNodeGuard(gate, 'notes:read'),
  createStagedNodeGuard: (gate: Gate) =>
    createStagedNodeGuard(gate, 'notes:read', { place: () => Promise.reject() as never }),
  createWebGuard: (gate: Gate) => createWebGuard(gate, 'notes:read', web),
};
const METADATA = {
  createNodeMetadata: (gate: Gate) => createNodeMetadata([gate]),
  createWebMetadata: (gate: Gate) => createWebMetadata([gate], web),
  metadataOf: (gate: Gate) => metadataOf([gate]),
};
const OPTIONS = { resource: 'https://notes.example.com/mcp', metadata: { name: 'Notes' } };

describe.each([
  ...Object.entries(GUARDS).map(([name, mount]) => [name, 'protect', mount] as const),
  ...Object.entries(METADATA).map(([name, mount]) => [name, 'resourceMetadata', mount] as const),
])('%s says what came in place of a gate', (_name, caller, mount) => {
  test.each([
    ['nothing', undefined, 'not undefined'],
    ['null', null, 'not null'],
    ['a string', 'notes:read', 'not notes:read'],
    ['the options', OPTIONS, 'not its options: pass them to createGate() first'],
    ['a promise', Promise.resolve(OPTIONS), 'not a promise: await it first'],
    ['a list', [OPTIONS], 'not a list: pass each gate as an argument of its own'],
    ['its fetch', () => new Response(), 'not a function'],
    ['a namespace', { gate: OPTIONS }, 'not another object'],
  ])('%s', (_what, value, says) => {
    expect(() => mount(value as unknown as Gate)).toThrow(
      new TypeError(`${caller}: expected the gate that createGate() returns, ${says}`),
    );
  });
});
