/**
 * What reaches a tool through an SDK's transport.
 *
 * @module
 */
import { inspect } from 'node:util';
import { expect } from 'vitest';
import { call, statelessCall, statelessHeaders } from '../../../adapter-testkit/src/cases/index.js';
import type { HeaderList } from '../../src/index.js';
import type { Run } from './notes-gates.js';
import type { WireRequest } from '../../../adapter-testkit/src/wire/raw-http.js';
import type { Tokens } from './tokens.js';

const NOTE = { text: 'ж🙂 "quoted" \\ \u0000' };

/** A call of `add_note` on either wire. */
export function addNote(wire: '2025-11-25' | '2026-07-28', tokens: Tokens): WireRequest {
  const stateless = wire === '2026-07-28';
  const headers = stateless
    ? statelessHeaders('add_note')
    : ([['MCP-Protocol-Version', wire]] as const);
  return rpc(tokens, stateless ? statelessCall('add_note', NOTE) : call('add_note', NOTE), headers);
}

export function rpc(tokens: Tokens, message: object, headers: HeaderList = []): WireRequest {
  return {
    method: 'POST',
    target: '/mcp',
    headers: [
      ['Authorization', `Bearer ${tokens.writer}`],
      ['Content-Type', 'application/json'],
      ['Accept', 'application/json, text/event-stream'],
      ...headers,
    ],
    body: JSON.stringify(message),
  };
}

export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  },
};

/** The tool ran once, on the evaluated arguments, and knows who called without seeing the token by chance. */
export function expectHanded(runs: readonly Run[], tokens: Tokens): void {
  expect(runs).toHaveLength(1);
  const [{ tool, args, auth } = {} as Run] = runs;
  expect({ tool, args }).toEqual({ tool: 'add_note', args: NOTE });
  expect(auth).toMatchObject({ subject: 'ray', clientId: 'c1', scopes: ['notes:write'] });
  expect(Object.isFrozen(auth)).toBe(true);
  expect((auth as { token: string }).token).toBe(tokens.writer);
  expect(Object.keys(auth as object)).not.toContain('token');
  const [, payload = '', signature = ''] = tokens.writer.split('.');
  for (const written of [JSON.stringify(auth), inspect(auth), inspect({ ...(auth as object) })]) {
    expect(written).not.toContain(payload);
    expect(written).not.toContain(signature);
  }
}

/** Many calls at once, by two callers: each tool sees its own. */
export async function expectNoMixing(
  send: (request: WireRequest) => Promise<unknown>,
  runs: readonly Run[],
  tokens: Tokens,
): Promise<void> {
  const requests = Array.from({ length: 40 }, (_, index) => {
    const note = call('add_note', { text: String(index) }, index);
    const { headers = [], ...request } = rpc(tokens, note, [
      ['MCP-Protocol-Version', '2025-11-25'],
    ]);
    const token = index % 2 === 0 ? tokens.writer : tokens.admin;
    return { ...request, headers: [['Authorization', `Bearer ${token}`], ...headers.slice(1)] };
  });
  await Promise.all(requests.map((request) => send(request as WireRequest)));
  expect(runs).toHaveLength(40);
  expect(new Set(runs.map(({ auth }) => auth)).size).toBe(40);
  for (const { args, auth } of runs) {
    const isEven = Number((args as { text: string }).text) % 2 === 0;
    expect((auth as { token: string }).token).toBe(isEven ? tokens.writer : tokens.admin);
  }
}
