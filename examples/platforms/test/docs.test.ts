/** The code of docs/hosts.md compiles against the packages. */
import { expect, test } from 'vitest';
import { codeOf, compileFiles, toFiles } from '../../../packages/core/test/support/compile-docs.js';

test('docs/hosts.md', async () => {
  const blocks = await codeOf('docs/hosts.md');
  expect(blocks).toHaveLength(2);
  const gate = "export { gate } from '../../src/gate.js';";
  const files = { ...toFiles(blocks), 'gate.ts': gate };
  expect(await compileFiles(import.meta.url, files)).toBe('');
});
