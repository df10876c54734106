/** What docs/ownership.md shows compiles. */
import { expect, test } from 'vitest';
import { codeOf, compileFiles, toFiles } from '../../support/compile-docs.js';

test('every block of docs/ownership.md compiles', async () => {
  const blocks = await codeOf('docs/ownership.md');
  expect(blocks.length).toBeGreaterThan(6);
  const [gate = '', ...others] = blocks;
  const packages = { '@scopegate/proxy': 'packages/proxy/src/index.ts' };
  const files = { ...toFiles(others), 'gate.ts': gate };
  expect(await compileFiles(import.meta.url, files, packages)).toBe('');
}, 180_000);
