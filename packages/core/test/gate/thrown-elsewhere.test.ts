/** Scope errors of another copy of the package, of another realm, and of other libraries. */
import { createContext, runInContext, runInThisContext } from 'node:vm';
import { InsufficientScopeError as SdkError } from '@modelcontextprotocol/client';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { InsufficientScopeError } from '../../src/index.js';
import type { Auth, Refusal } from '../../src/index.js';
import { callTool, header, notesGate, request } from '../support/mcp.js';

const gate = notesGate();

/** What the gate makes of it, for a token that may only read. */
async function refusalFor(thrown: unknown, token = 'notes.read'): Promise<Refusal | undefined> {
  const call = request({ token, body: callTool('read_notes') });
  let refusal: Refusal | undefined;
  await gate.fetch((_request, { auth }: { auth: Auth | undefined }) => {
    refusal = gate.refuse(thrown, { method: 'POST', url: '/mcp', headers: new Headers() }, auth);
    return new Response();
  })(call);
  return refusal;
}

type Thrower = (scopes: string | readonly string[]) => unknown;

/** The package once more, from a bundle of its own. */
let script = '';
beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [new URL('../../src/index.ts', import.meta.url).pathname],
    bundle: true,
    // Minifiers rename classes.
    minify: true,
    write: false,
    format: 'iife',
    globalName: 'copy',
    conditions: ['@scopegate/source'],
  });
  script = `${outputFiles[0]?.text ?? ''}; (scopes) => new copy.InsufficientScopeError(scopes)`;
});

describe('our error is recognised wherever it comes from', () => {
  const sources: Readonly<Record<string, () => Thrower>> = {
    'this copy': () => (scopes) => new InsufficientScopeError(scopes),
    'another copy': () => runInThisContext(script) as Thrower,
    'another realm': () =>
      runInContext(script, createContext({ URL, Headers, Response, TextDecoder })) as Thrower,
    'a subclass under a name of its own': () => (scopes) =>
      new (class extends InsufficientScopeError {
        constructor(needed: string | readonly string[]) {
          super(needed);
          Object.defineProperty(this, 'name', { value: 'NotesError' });
        }
      })(scopes),
  };

  test.each(Object.entries(sources))('%s [C403-1]', async (source, make) => {
    const thrown = make()(['notes:write', 'admin:notes']);
    expect(thrown instanceof InsufficientScopeError).toBe(!source.startsWith('another'));
    const refusal = await refusalFor(thrown);
    expect(refusal).toMatchObject({ status: 403, reason: 'insufficient_scope' });
    expect(header(refusal as Refusal, 'www-authenticate')).toContain(
      'scope="notes:write admin:notes"',
    );
    expect(await refusalFor(make()('notes:write'))).toMatchObject({ status: 403 });
  });

  test.each(Object.entries(sources))(
    '%s: foreign scopes are not told [C403-6]',
    async (_, make) => {
      const refusal = await refusalFor(make()(['notes:write', 'other:scope']));
      expect(refusal).toMatchObject({ status: 403, reason: 'denied' });
      expect(JSON.stringify(refusal)).not.toContain('other:scope');
    },
  );
});

describe('errors of other libraries', () => {
  class FastMcpError extends Error {
    override readonly name = 'InsufficientScopeError';
    readonly data: unknown;
    constructor(data: unknown) {
      super('insufficient scope');
      this.data = data;
    }
  }

  test('by name, with the scopes in data [C403-1]', async () => {
    const refusal = await refusalFor(new FastMcpError({ requiredScopes: ['notes:write'] }));
    expect(header(refusal as Refusal, 'www-authenticate')).toContain('scope="notes:write"');
  });

  test.each([
    ['no data', undefined],
    ['scopes as text', { requiredScopes: 'notes:write' }],
    ['numbers', { requiredScopes: [1] }],
    ['a number', { requiredScopes: 7 }],
    ['a text among numbers', { requiredScopes: ['notes:write', 1] }],
    ['a prototype’s', Object.create({ requiredScopes: ['notes:write'] })],
  ])('%s: refused, and no scope told [C403-6]', async (_what, data) => {
    expect(await refusalFor(new FastMcpError(data))).toMatchObject({
      status: 403,
      reason: 'denied',
    });
  });

  test('the error of an SDK’s client does not put another server’s scopes on the wire [C403-6]', async () => {
    const thrown = new SdkError({ requiredScope: 'files:read', errorDescription: 'no' } as never);
    const refusal = await refusalFor(thrown);
    expect(JSON.stringify(refusal ?? '')).not.toContain('files:read');
  });

  test('a polluted prototype does not make a scope error of another error', async () => {
    const polluted = Object.prototype as { requiredScopes?: unknown; name?: unknown };
    polluted.requiredScopes = ['admin:notes'];
    polluted.name = 'InsufficientScopeError';
    try {
      expect(await refusalFor(new Error('mine'))).toBeUndefined();
      expect(await refusalFor({ mine: true })).toBeUndefined();
      expect(await refusalFor(new FastMcpError({}))).toMatchObject({ reason: 'denied' });
    } finally {
      delete polluted.requiredScopes;
      delete polluted.name;
    }
  });
});
