/** What docs/ownership.md shows compiles. */
import { expect, test } from 'vitest';
import { codeOf, compileFiles, toFiles } from '../../support/compile-docs.js';

test('every block of docs/ownership.md compiles', async () => {
  const blocks = await codeOf('docs/ownership.md');
  expect(blocks.length).toBeGreaterThan(6);
  const [gate = '', transport = '', ...others] = blocks;
  const packages = {
    '@scopegate/express': 'packages/adapter-express/src/index.ts',
    '@scopegate/proxy': 'packages/proxy/src/index.ts',
  };
  const notes = `
    import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
    export declare const createServer: () => McpServer;`;
  const settings = 'export declare const credential: string;';
  const yours = { 'notes.ts': notes, 'settings.ts': settings };
  const named = { ...yours, 'gate.ts': gate, 'transport.ts': transport };
  const files = { ...toFiles(others), ...named };
  expect(await compileFiles(import.meta.url, files, packages)).toBe('');
}, 180_000);
