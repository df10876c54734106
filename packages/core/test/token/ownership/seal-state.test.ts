import { describe, expect, test } from 'vitest';
import { openState, sealState } from '../../../src/token/ownership/index.js';
import { callTool } from '../../support/mcp.js';
import {
  ANN,
  ANN_ELSEWHERE,
  ANN_LATER,
  BOB,
  KEY,
  NOBODY,
  OTHER_KEY,
  authOf,
  ownGate,
} from './support.js';

const gate = ownGate();
const STEP = { kind: 'step', maxAge: 600 };

describe('a sealed value', () => {
  test('is encrypted, and different each time [HO-5]', async () => {
    const auth = await authOf(gate, ANN);
    const seal = (): Promise<string> => sealState(gate, auth, { secret: 'plain text' }, STEP);
    const [first, second] = await Promise.all([seal(), seal()]);
    expect(first).not.toBe(second);
    const [header = '', key, , ciphertext = ''] = first.split('.');
    expect(JSON.parse(atob(header))).toMatchObject({ alg: 'dir', enc: 'A256GCM' });
    expect(key).toBe('');
    expect(Buffer.from(ciphertext, 'base64url').toString('latin1')).not.toContain('plain');
    expect(await openState(gate, auth, first, { kind: 'step' })).toEqual({ secret: 'plain text' });
  });

  test.each([[{ a: [1, null, 'ж'] }], [null], [0], [''], [false], [[]]])(
    '%j comes back [HO-5]',
    async (value) => {
      const auth = await authOf(gate, ANN);
      const text = await sealState(gate, auth, value, STEP);
      expect(await openState(gate, auth, text, { kind: 'step' })).toEqual(value);
    },
  );

  test.each([
    ['the caller', ANN, true],
    ['a refreshed token of the caller', ANN_LATER, true],
    ['another client of the user', ANN_ELSEWHERE, false],
    ['another user of the client', BOB, false],
    ['a token without a subject', NOBODY, false],
  ])('opens for %s: %s: %s [HO-6, HO-13, T155, T160, T161]', async (_who, token, opens) => {
    const text = await sealState(gate, await authOf(gate, ANN), 1, STEP);
    const found = await openState(gate, await authOf(gate, token), text, { kind: 'step' });
    expect(found).toBe(opens ? 1 : undefined);
  });

  test.each([
    ['another kind', { kind: 'other' }, undefined],
    ['another tool', { kind: 'step' }, callTool('read_notes')],
    ['another tool, said', { kind: 'step', for: { method: 'tools/call', name: 'x' } }, undefined],
    [
      'arguments that it was not sealed for',
      { kind: 'step', for: { method: 'tools/call', name: 'add_note', arguments: {} } },
      undefined,
    ],
  ])('does not open for %s [HO-6, T157]', async (_what, options, body) => {
    const text = await sealState(gate, await authOf(gate, ANN, callTool('add_note')), 1, STEP);
    const auth = await authOf(gate, ANN, body ?? callTool('add_note'));
    expect(await openState(gate, auth, text, options)).toBeUndefined();
    const again = await authOf(gate, ANN, callTool('add_note'));
    expect(await openState(gate, again, text, { kind: 'step' })).toBe(1);
  });

  test('names its arguments in any order of their members, and nothing else [HO-6]', async () => {
    const auth = await authOf(gate, ANN);
    const origin = (args: unknown): { method: string; name: string; arguments: unknown } => ({
      ...{ method: 'tools/call', name: 'add_note', arguments: args },
    });
    const text = await sealState(gate, auth, 1, {
      ...STEP,
      for: origin({ a: 1, b: { c: [], d: 2 } }),
    });
    const open = (args: unknown): Promise<unknown> =>
      openState(gate, auth, text, { kind: 'step', for: origin(args) });
    expect(await open({ b: { d: 2, c: [] }, a: 1 })).toBe(1);
    for (const args of [
      { a: 1, b: { c: {}, d: 2 } },
      { a: '1', b: { c: [], d: 2 } },
      undefined,
      null,
    ]) {
      expect(await open(args)).toBeUndefined();
    }
  });

  test.each([
    [599, true],
    [601, false],
  ])('after %d of 600 seconds: %s [HO-6]', async (seconds, opens) => {
    let now = Date.UTC(2026, 0, 1);
    const dated = ownGate({ gate: { clock: () => now } });
    const auth = await authOf(dated, ANN);
    const text = await sealState(dated, auth, 1, STEP);
    now += seconds * 1000;
    expect(await openState(dated, auth, text, { kind: 'step' })).toBe(opens ? 1 : undefined);
  });

  test('outlives a rotation of keys, and not the end of its key [T159]', async () => {
    const text = await sealState(gate, await authOf(gate, ANN), 1, STEP);
    const opens = async (keys: string[]): Promise<unknown> => {
      const other = ownGate({ ownership: { keys } });
      return openState(other, await authOf(other, ANN), text, { kind: 'step' });
    };
    expect(await opens([OTHER_KEY, KEY])).toBe(1);
    expect(await opens([OTHER_KEY])).toBeUndefined();
  });

  test('is sealed with the first key, not with an earlier one [T159]', async () => {
    const rotated = ownGate({ ownership: { keys: [OTHER_KEY, KEY] } });
    const text = await sealState(rotated, await authOf(rotated, ANN), 1, STEP);
    const opens = async (keys: string[]): Promise<unknown> => {
      const other = ownGate({ ownership: { keys } });
      return openState(other, await authOf(other, ANN), text, { kind: 'step' });
    };
    expect(await opens([OTHER_KEY])).toBe(1);
    expect(await opens([KEY])).toBeUndefined();
  });

  test('of another resource does not open [T157]', async () => {
    const text = await sealState(gate, await authOf(gate, ANN), 1, STEP);
    const other = ownGate({ gate: { resource: 'https://notes.example.com/other' } });
    expect(
      await openState(other, await authOf(other, ANN), text, { kind: 'step' }),
    ).toBeUndefined();
  });
});

test('mistakes are errors, and what is no text is unknown [T160]', async () => {
  const auth = await authOf(gate, ANN);
  const seal = (value: unknown, options: object): Promise<string> =>
    sealState(gate, auth, value, options as never);
  await expect(seal(undefined, STEP)).rejects.toThrow('sealState: expected a JSON value');
  await expect(seal(1, { kind: 'step' })).rejects.toThrow('sealState.maxAge: expected');
  await expect(seal(1, { ...STEP, maxAge: 0 })).rejects.toThrow('sealState.maxAge: expected');
  await expect(seal(1, { ...STEP, kind: '' })).rejects.toThrow('sealState.kind: expected a word');
  const nobody = await authOf(gate, NOBODY);
  await expect(sealState(gate, nobody, 1, STEP)).rejects.toThrow('names no subject');
  for (const text of [undefined, null, 7, {}, [], '', 'x'.repeat(300_000)]) {
    expect(await openState(gate, auth, text, { kind: 'step' })).toBeUndefined();
  }
});
