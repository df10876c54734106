/** Compiles a user's program against the packed declarations, with old and new TypeScript. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { entriesOf } from './pack.mjs';

/** From the oldest that is supported, to the newest. */
export const VERSIONS = ['5.4.5', '5.5.4', '5.6.3', '5.7.3', '5.8.3', '5.9.3', '6.0.3', '7.0.2'];

const USE = `
import { allOf, anyOf, createGate, defineScopes } from '@scopegate/core';
import type { Auth, Decision, Gate } from '@scopegate/core';
import { jwtVerifier } from '@scopegate/core/jwt';
import { mcpPolicy } from '@scopegate/core/mcp';

const scopes = defineScopes({
  'notes:read': { description: 'Read notes' },
  'notes:write': { description: 'Add and change notes', implies: ['notes:read'] },
});
const gate = createGate({
  resource: 'https://notes.example.com/mcp',
  authorizationServers: ['https://idp.example.com'],
  verifier: jwtVerifier({ issuer: 'https://idp.example.com' }),
  scopes,
  initialScopes: ['notes:read'],
  policy: mcpPolicy(scopes, { tools: { read_notes: 'notes:read', add_note: allOf('notes:read', 'notes:write') } }),
});
export const typed: Gate<'notes:read' | 'notes:write'> = gate;
export const decision: Promise<Decision<'notes:read' | 'notes:write'>> = gate.check(
  new Request('https://notes.example.com/mcp'),
  anyOf('notes:read', 'notes:write'),
);
export const read = (auth: Auth<'notes:read' | 'notes:write'>): boolean => auth.has('notes:read');

// A misspelt scope does not compile, wherever it stands.
// @ts-expect-error
gate.route('notes:raed');
// @ts-expect-error
mcpPolicy(scopes, { tools: { read_notes: 'notes:raed' } });
// @ts-expect-error
createGate({ resource: 'https://notes.example.com', verifier: () => undefined, scopes: ['a'], initialScopes: ['b'] });
`;

const COMMONJS = `
import core = require('@scopegate/core');
import jwt = require('@scopegate/core/jwt');
export const gate = core.createGate({
  resource: 'https://notes.example.com/mcp',
  verifier: jwt.jwtVerifier({ issuer: 'https://idp.example.com' }),
  scopes: ['notes:read'],
});
`;

/**
 * Returns a row for each version: `[version, program, arguments before its own]`. Declarations of the packages
 * are checked as well; those of others are not, for they need not know old compilers.
 */
export async function compile(folder, packed, compilers) {
  const source = `${folder}/types`;
  await mkdir(source, { recursive: true });
  const entries = packed.flatMap((one) => entriesOf(one));
  const imports = entries.map((entry, index) => `import * as e${index} from '${entry}';`);
  const all = `${imports.join('\n')}\nexport const all = [${entries.map((_, index) => `e${index}`).join(', ')}];\n`;
  await writeFile(`${source}/use.mts`, USE);
  await writeFile(`${source}/entries.mts`, all);
  await writeFile(`${source}/commonjs.cts`, COMMONJS);
  const rows = [];
  for (const [version, program, args] of compilers) {
    const started = performance.now();
    const problems = [];
    for (const [kind, options] of Object.entries(kindsFor(version))) {
      const { files, ...compilerOptions } = options;
      const config = `${source}/tsconfig.json`;
      await writeFile(
        config,
        JSON.stringify({ compilerOptions: { ...BASE, ...compilerOptions }, files }),
      );
      await promisify(execFile)(program, [...args, '-p', config]).catch((error) =>
        problems.push(`${kind}: ${error.stdout || error.message}`),
      );
    }
    const seconds = (performance.now() - started) / 1000;
    const detail = Object.keys(kindsFor(version)).join(', ');
    rows.push({
      name: `types, TypeScript ${version}`,
      problem: problems.join('\n'),
      detail,
      seconds,
    });
  }
  return rows;
}

const BASE = {
  ...{ noEmit: true, strict: true, exactOptionalPropertyTypes: true, target: 'es2022' },
  ...{ lib: ['es2023', 'dom', 'dom.iterable'], types: ['node'], skipLibCheck: true },
};

/** How programs are set up; `require` of ESM is known to `nodenext` from 5.8 on. */
function kindsFor(version) {
  const files = ['use.mts', 'entries.mts'];
  const [major, minor] = version.split('.').map(Number);
  return {
    node16: { module: 'node16', files },
    bundler: { module: 'esnext', moduleResolution: 'bundler', files },
    // The declarations themselves, not only what is used of them.
    declarations: { module: 'nodenext', skipLibCheck: false, files: ['use.mts'] },
    ...((major > 5 || minor >= 8) && { commonjs: { module: 'nodenext', files: ['commonjs.cts'] } }),
  };
}
