import { expect, test } from 'vitest';
import { requestedNames } from '../../src/http/index.js';

test.each([
  ['names', 'authorization, mcp-param-a', true],
  ['4 KiB of names', 'a'.repeat(4096), true],
  ['more', 'a'.repeat(4097), false],
  ['another line', 'a\r\nb', false],
  ['nothing', '', false],
  ['no header', null, false],
])('%s: sent back or not [T48]', (_, value, isSent) => {
  expect(requestedNames(value)).toBe(isSent ? value : undefined);
});
