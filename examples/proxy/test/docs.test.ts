/** The code of docs/proxy.md, docs/forward-auth.md and docs/in-front.md compiles against the packages. */
import { expect, test } from 'vitest';
import { codeOf, compileFiles, toFiles } from '../../../packages/core/test/support/compile-docs.js';

/** What the pages leave to their readers. */
const OURS = {
  'server.ts': `
import type { FetchHandler, GateOptions } from '@scopegate/core';
export declare const options: GateOptions<'notes:read'>;
export declare const mcp: { readonly fetch: FetchHandler<'notes:read', []> };
`,
  'app.ts': `
import type { GateOptions } from '@scopegate/core';
import type { Express, RequestHandler } from 'express';
export declare const app: Express;
export declare const exportNotes: RequestHandler;
export declare const options: GateOptions<'notes:read'>;
`,
};

test.each([
  ['proxy', 3],
  ['forward-auth', 1],
  ['in-front', 2],
])('docs/%s.md', async (page, count) => {
  const blocks = await codeOf(`docs/${page}.md`);
  expect(blocks).toHaveLength(count);
  const files = { ...toFiles(blocks), ...(page === 'in-front' && OURS) };
  expect(await compileFiles(import.meta.url, files)).toBe('');
});
