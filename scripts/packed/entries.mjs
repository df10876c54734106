/** Loads every entry of every package, as ESM and by `require`, and lets a gate decide. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { entriesOf } from './pack.mjs';

/** Both programs end by printing this line. */
export const DECISION =
  '401 Bearer scope="notes:read", resource_metadata="https://notes.example.com/.well-known/oauth-protected-resource/mcp"';

const DECIDE = `
const gate = createGate({
  resource: 'https://notes.example.com/mcp',
  authorizationServers: ['https://idp.example.com'],
  verifier: jwtVerifier({ issuer: 'https://idp.example.com' }),
  scopes: ['notes:read'],
});
gate.check(new Request('https://notes.example.com/mcp'), 'notes:read').then((decision) => {
  const { status, headers } = decision.toResponse();
  console.log(status, headers.get('www-authenticate'));
});
`;

/** Programs that load everything: `[file name, content]`. */
export function programs(packed) {
  const entries = packed.flatMap((one) => entriesOf(one));
  const loads = (load) =>
    entries.map((entry) => `loaded.push([${JSON.stringify(entry)}, ${load(entry)}]);`).join('\n');
  const check = `
for (const [entry, exports] of loaded) {
  if (Object.keys(exports).length === 0 && !MAY_BE_EMPTY.has(entry)) throw new Error(entry + ' exports nothing');
}`;
  // It augments types alone.
  const head = `const MAY_BE_EMPTY = new Set(['@scopegate/fastify/augment']);\nconst loaded = [];\n`;
  return [
    [
      'esm.mjs',
      `import { createGate } from '@scopegate/core';
import { jwtVerifier } from '@scopegate/core/jwt';
${head}${loads((entry) => `await import(${JSON.stringify(entry)})`)}${check}${DECIDE}`,
    ],
    [
      'commonjs.cjs',
      `const { createGate } = require('@scopegate/core');
const { jwtVerifier } = require('@scopegate/core/jwt');
${head}${loads((entry) => `require(${JSON.stringify(entry)})`)}${check}${DECIDE}`,
    ],
  ];
}

/** Returns a row for each kind of module and each Node in `nodes`: `[version, program]`. */
export async function loadEntries(folder, packed, nodes) {
  const files = programs(packed);
  for (const [file, content] of files) await writeFile(`${folder}/${file}`, content);
  const rows = [];
  for (const [version, node] of nodes) {
    for (const [file] of files) {
      const kind = file === 'esm.mjs' ? 'import' : 'require';
      rows.push(await row(`${kind}, Node ${version}`, node, [file], folder));
    }
  }
  return rows;
}

/** Runs a program that must print the decision, and nothing on standard error. */
export async function row(name, program, args, cwd) {
  const started = performance.now();
  const problem = await promisify(execFile)(program, args, { cwd }).then(
    ({ stdout, stderr }) =>
      stdout.trim() === DECISION && stderr === '' ? undefined : stdout + stderr,
    (error) => error.stderr || error.message,
  );
  return { name, problem, seconds: (performance.now() - started) / 1000 };
}
