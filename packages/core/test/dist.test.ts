import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/** The built files are what users run: what each entry reaches, it costs them. */
const dist = fileURLToPath(new URL('../dist/', import.meta.url));

function reach(entry: string): { readonly files: string[]; readonly packages: string[] } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, target = ''] of text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) {
      if (target.startsWith('.')) visit(resolve(dirname(file), target));
      else packages.add(target);
    }
  };
  visit(resolve(dist, entry));
  return { files: [...files], packages: [...packages].toSorted() };
}

describe('what each entry of the build reaches', () => {
  test.each([
    ['index.js', []],
    ['adapter.js', []],
    ['engine.js', []],
    ['exchange/index.js', ['jose', 'oauth4webapi']],
    ['mcp/index.js', []],
    ['token/dpop/index.js', ['jose']],
    ['token/introspection/index.js', ['jose', 'oauth4webapi']],
    ['token/jwt/index.js', ['jose']],
    ['token/ownership/index.js', ['jose']],
    ['token/mtls/index.js', []],
    ['token/revocations/index.js', []],
    ['node/index.js', ['node:http', 'node:util']],
    ['providers/index.js', ['jose', 'oauth4webapi']],
  ])('%s depends on %j [T130, T131]', (entry, expected) => {
    expect(reach(entry).packages).toEqual(expected);
  });

  test('the root entry does not reach the subpaths [T131]', () => {
    const files = reach('index.js').files.map((file) => file.slice(dist.length));
    expect(
      files.filter((file) =>
        /^(?:exchange|mcp|node|providers|token\/(?:dpop|introspection|jwt|mtls|ownership|revocations))\//.test(
          file,
        ),
      ),
    ).toEqual([]);
  });

  test('the build decides as the source does [T131]', async () => {
    const core = (await import(`${dist}index.js`)) as typeof import('../src/index.js');
    const jwt = (await import(
      `${dist}token/jwt/index.js`
    )) as typeof import('../src/token/jwt/index.js');
    const gate = core.createGate({
      resource: 'https://notes.example.com/mcp',
      verifier: jwt.jwtVerifier({ issuer: 'https://idp.example.com' }),
      scopes: ['notes:read'],
    });
    const request = new Request('https://notes.example.com/mcp');
    expect(await gate.check(request, 'notes:read')).toMatchObject({ allowed: false, status: 401 });
  });
});
