/** The code of docs/upstream-tokens.md is compiled against the library as it is, as one application. */
import { expect, test } from 'vitest';
import { codeOf, compileFiles, toFiles } from '../../../packages/core/test/support/compile-docs.js';

/** What the page leaves to its reader. */
const GATE = `
import type { Gate } from '@scopegate/core';
export declare const gate: Gate<'notes:read' | 'notes:write'>;
export declare const secret: string;
`;

test('the code of docs/upstream-tokens.md compiles', async () => {
  const blocks = await codeOf('docs/upstream-tokens.md');
  expect(blocks).toHaveLength(6);
  const [orders = '', placeOrder = ''] = blocks;
  const yours = { 'gate.ts': GATE, 'orders.ts': orders, 'place-order.ts': placeOrder };
  const files = { ...toFiles(blocks), ...yours };
  expect(await compileFiles(import.meta.url, files)).toBe('');
});
