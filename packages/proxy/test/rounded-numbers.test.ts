/** A rule and an upstream with decimals read the same numbers. */
import { describe, expect, test } from 'vitest';
import { where } from '@scopegate/core';
import { mcpPolicy } from '@scopegate/core/mcp';
import { ownMember } from '../../core/src/values.js';
import { scopes } from '../../core/test/support/mcp.js';
import { hasRounded } from '../src/rounded-numbers.js';
import { callTool, gateFor, json, DONE, startFront, startUpstream } from './support.js';

const gate = gateFor({
  policy: mcpPolicy(scopes, {
    tools: {
      // The texts of a list are read, too.
      reads: where(({ args }) => JSON.stringify(ownMember(args, 'n')) !== 'x', 'notes:read'),
      passes: where(({ args }) => ownMember(args, 'id') !== 'x', 'notes:read'),
    },
  }),
});

async function statusOf(tool: string, args: string): Promise<number> {
  const upstream = await startUpstream((_req, res) => json(res, DONE));
  const { url } = await startFront(upstream.url, {}, gate);
  const body = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"${tool}","arguments":${args}}}`;
  const { status } = await callTool(url, tool, { body });
  expect(upstream.received.map((one) => one.body)).toEqual(status === 200 ? [body] : []);
  return status;
}

test.each([
  ['too many digits', '0.1000000000000000055'],
  ['too many digits, scaled', '1000000000000000055E-19'],
  ['a fraction that becomes an integer', '9007199254740990.6'],
  ['a little less than 1', '0.99999999999999999999'],
  ['a little more than -1', '-0.99999999999999999999'],
  ['a number that becomes 0', '1e-400'],
  ['a negative number that becomes 0', '-1e-400'],
  ['a number beyond all', '1e400'],
  ['one before and behind texts with quotes', '1.00000000000000000001,"y":"\\""'],
  ['one in a list', '[true,"\\"",1.00000000000000000001]'],
  ['one in an object', '{"a":{"e":1.00000000000000000001}}'],
])('%s, %s: 400 if the rule reads it [T137]', async (_what, number) => {
  expect(await statusOf('reads', `{"x":"\\"","n":${number}}`)).toBe(400);
  expect(await statusOf('passes', `{"x":"\\"","n":${number}}`)).toBe(200);
});

test.each([
  ...['0', '-0', '0.0', '0e5', '-0.00', '1', '-1', '1.0', '10.50', '1e2', '1E+2', '100e-2'],
  ...['0.1', '0.10', '0.0000001', '1e-7', '123456.789', '5e-324', '0.30000000000000004'],
  ...['9007199254740991', '-9007199254740991', '1.7976931348623157e-300'],
  // Texts are not searched, and a number that becomes another one than the rule read does not count.
  '1,"x":"1.00000000000000000001"',
  '1,"x":2.00000000000000000001',
])('a rule that reads the number %s: passes', async (number) => {
  expect(await statusOf('reads', `{"n":${number}}`)).toBe(200);
});

describe('every number that JavaScript wrote is as it was read', () => {
  test.each([1, 1e-5, 1e-200, 2 ** 40])('scaled by %d', (scale) => {
    for (let i = 1; i < 2_000; i++) {
      const value = (i / 7) * scale;
      expect(hasRounded(new Set([value]), `[${String(value)}]`), String(value)).toBe(false);
      expect(hasRounded(new Set([value]), value.toExponential()), String(value)).toBe(false);
    }
  });
});
