/** What docs/audit.md shows is compiled, run and compared. */
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  codeOf,
  compileFolder,
  makeFolder,
  toFiles,
  writeFiles,
} from '../../core/test/support/compile-docs.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);

/** What the page leaves to its reader; `tools` is what changes between two commits. */
const gate = (tools: string): string => `
import { createGate, defineScopes } from '@scopegate/core';
import { mcpPolicy } from '@scopegate/core/mcp';
const scopes = defineScopes({
  'notes:read': {},
  'notes:write': { implies: ['notes:read'] },
  'admin:notes': { implies: ['notes:write'] },
});
export const gate = createGate({
  resource: 'https://notes.example.com/mcp',
  verifier: () => undefined,
  scopes,
  policy: mcpPolicy(scopes, { tools: { ${tools} } }),
});
`;
const APP = `
type Route = (path: string, ...handlers: readonly unknown[]) => void;
export declare const app: { readonly get: Route; readonly delete: Route };
export declare function exportNotes(): void;
export declare function removeNote(): void;
`;
const TOOLS = `read_notes: 'notes:read', add_note: 'notes:write', admin_purge: 'admin:notes'`;

let page: string;
let folder: string;

beforeAll(async () => {
  page = await readFile(`${root}docs/audit.md`, 'utf8');
  folder = await makeFolder(import.meta.url);
  const code = await blocks('ts');
  // Without the framework: the table alone.
  const [table = ''] = /export const routes = .*?;\n/s.exec(code[1] ?? '') ?? [];
  await writeFiles(folder, {
    ...toFiles(code),
    ...{ 'gate.ts': gate(TOOLS), 'app.ts': APP, 'routes.ts': table },
  });
});
afterAll(() => rm(folder, { recursive: true }));

const blocks = (language: string): Promise<readonly string[]> => codeOf('docs/audit.md', language);

/** Runs a block as a program of its own. */
async function start(index: number, ...args: readonly string[]) {
  await build({
    ...{ entryPoints: [`${folder}/page${index}.ts`], outfile: `${folder}/page${index}.mjs` },
    ...{ bundle: true, format: 'esm', platform: 'node', conditions: ['@scopegate/source'] },
  });
  return run(process.execPath, [`${folder}/page${index}.mjs`, ...args], { cwd: folder }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
  );
}

test('its code compiles', async () => {
  const packages = { '@scopegate/express': 'packages/adapter-express/src/index.ts' };
  expect(await compileFolder(folder, packages)).toBe('');
}, 60_000);

test('the map is the one it shows', async () => {
  const [shown = ''] = await blocks('console');
  expect(await start(0)).toEqual({ code: 0, stdout: `${shown}\n` });
});

test('the script finds a change, and no change in equal maps', async () => {
  const [shown = ''] = await blocks('text');
  expect(await start(2, '--write')).toMatchObject({ code: 0 });
  expect(await start(2)).toEqual({ code: 0, stdout: 'No change of the scope map.\n' });
  await writeFiles(folder, {
    'gate.ts': gate(`read_notes: 'notes:read', add_note: 'notes:read'`),
  });
  const changed = await start(2);
  await writeFiles(folder, { 'gate.ts': gate(TOOLS) });
  expect(changed).toEqual({ code: 1, stdout: shown });
});

test('the lint finds nothing in it, and the page names every code', async () => {
  expect(await start(3)).toEqual({ code: 0, stdout: '' });
  const source = await readFile(`${root}packages/audit/src/types.ts`, 'utf8');
  const codes = [...source.matchAll(/^ {2}\| '(\w+)'/gm)].map(([, code]) => code);
  const rows = [...page.matchAll(/^\| `(\w+)` /gm)].map(([, code]) => code);
  expect(codes).toHaveLength(11);
  expect(rows).toEqual(codes);
});
