import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { InsufficientScopeError, publicAccess } from '../../src/index.js';
import type { Reply } from '../../src/index.js';
import { createNodeGuard, createNodeMetadata, passedOf } from '../../src/node/index.js';
import type { GuardedRequest, NodeContext } from '../../src/node/index.js';
import { notesGate } from '../support/mcp.js';

const METADATA = '/.well-known/oauth-protected-resource/mcp';

function contextOf(url: string, token?: string): NodeContext {
  const req: GuardedRequest = new IncomingMessage(new Socket());
  Object.assign(req, { method: 'POST', url, httpVersionMajor: 1 });
  if (token !== undefined) req.rawHeaders.push('Authorization', `Bearer ${token}`);
  return { req, res: new ServerResponse(req) };
}

describe('createNodeGuard', () => {
  test('answers without a promise if no token came', () => {
    const { req, res } = contextOf('/export');
    expect(createNodeGuard(notesGate(), 'notes:read')({ req, res })).toBeUndefined();
    expect(res.statusCode).toBe(401);
    expect(res.writableEnded).toBe(true);
  });

  test('attaches auth and adds headers, also where the framework keeps them', async () => {
    const gate = notesGate();
    const state: { auth?: unknown } = {};
    const guard = createNodeGuard(gate, 'notes:read', {
      place: (context: NodeContext) => ({ ...context, auth: state }),
    });
    const context = contextOf('/export', 'notes.read');
    const passed = await guard(context);
    expect(gate.issued(passed?.auth)).toBe(true);
    expect(state.auth).toBe(passed?.auth);
    expect((context.req as GuardedRequest).auth).toBe(passed?.auth);
    expect(context.res.getHeader('vary')).toBe('Authorization');
  });

  test('attaches null if the framework uses it for no caller, and the operation is public', async () => {
    const request: { auth?: unknown } = {};
    const guard = createNodeGuard(notesGate(), publicAccess(), {
      place: (context: NodeContext) => ({ ...context, auth: request, noAuth: null }),
    });
    expect(await guard(contextOf('/export'))).toMatchObject({ auth: undefined });
    expect(request.auth).toBeNull();
  });

  test('refuses what is thrown, through the framework, until headers are sent [C403-1]', async () => {
    const written: Reply[] = [];
    const guard = createNodeGuard(notesGate(), 'notes:read', {
      write: (_context, reply) => void written.push(reply),
    });
    const context = contextOf('/export', 'notes.read');
    const passed = await guard(context);
    const error = new InsufficientScopeError('notes:write');
    expect(passed?.refuse(new Error('other'))).toBe(false);
    expect(passed?.refuse(error)).toBe(true);
    expect(written.map(({ status }) => status)).toEqual([403]);
    context.res.writeHead(200);
    expect(passed?.refuse(error)).toBe(false);
    expect(written).toHaveLength(1);
  });

  test('the innermost gate answers for the request', async () => {
    const [outer, inner] = [notesGate(), notesGate()];
    const context = contextOf('/export', 'notes.read');
    await createNodeGuard(outer, 'notes:read')(context);
    const passed = await createNodeGuard(inner, 'notes:read')(context);
    expect(passedOf(inner, context.req)).toBe(passed);
    expect(passedOf(outer, context.req)).toBeUndefined();
  });

  test('a misspelt scope is an error at mount', () => {
    // @ts-expect-error: no scope of this gate
    expect(() => createNodeGuard(notesGate(), 'notes:raed')).toThrow(TypeError);
  });
});

describe('createNodeMetadata', () => {
  test('answers the metadata URL, and nothing else', async () => {
    const metadata = createNodeMetadata([notesGate()]);
    expect(metadata(contextOf('/mcp'))).toBe(false);
    const { req, res } = contextOf(METADATA);
    Object.assign(req, { method: 'GET' });
    expect(await metadata({ req, res })).toBe(true);
    expect(res.statusCode).toBe(200);
  });

  test('throws below a mount, where the URL never arrives', () => {
    const metadata = createNodeMetadata([notesGate()], {
      place: (context: NodeContext) => ({ ...context, mountedAt: '/api' }),
    });
    expect(() => metadata(contextOf('/mcp'))).toThrow(/root of the app, not \/api/);
  });
});
