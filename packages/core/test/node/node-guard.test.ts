import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { InsufficientScopeError, publicAccess } from '../../src/index.js';
import type { Reply } from '../../src/index.js';
import { createNodeGuard, createNodeMetadata, passedOf } from '../../src/node/index.js';
import type { GuardedRequest, NodeContext, Passed } from '../../src/node/index.js';
import { ownership } from '../../src/token/ownership/index.js';
import { memoryRevocations } from '../../src/token/revocations/index.js';
import { callTool, notesGate } from '../support/mcp.js';

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

  test('no gate answers for a request that no guard let through', () => {
    const gate = notesGate();
    const context = contextOf('/export', 'none');
    expect(passedOf(gate, context.req)).toBeUndefined();
    expect(createNodeGuard(gate, 'notes:read')(context)).toBeUndefined();
    expect(passedOf(gate, context.req)).toBeUndefined();
  });

  test.each([
    ['read_notes', 200],
    ['add_note', 403],
  ])('evaluates the body that the framework’s parser left elsewhere: %s', async (name, status) => {
    const context = contextOf('/mcp', 'notes.read');
    context.req.rawHeaders.push('Content-Type', 'application/json', 'Content-Length', '2');
    context.req.push('{}');
    context.req.push(null);
    await text(context.req);
    const request = { body: callTool(name) };
    const guard = createNodeGuard(notesGate(), undefined, {
      place: (given: NodeContext) => ({ ...given, body: request }),
    });
    await guard(context);
    expect(context.res.statusCode).toBe(status);
  });

  test.each([
    [1, 'with the head'],
    [2, 'at once, because a head may go out unseen'],
  ])('headers of a framework’s reply are on answers past it: HTTP/%d, %s', async (major) => {
    const context = contextOf('/export', 'notes.read');
    Object.assign(context.req, { httpVersionMajor: major });
    const reply = new ServerResponse(context.req);
    const guard = createNodeGuard(notesGate(), 'notes:read', {
      place: (given: NodeContext) => ({ ...given, reply }),
    });
    await guard(context);
    expect(reply.getHeader('vary')).toBe('Authorization');
    const { res } = context;
    expect(res.hasHeader('vary')).toBe(major === 2);
    res.writeHead(200);
    expect(res.getHeader('vary')).toBe('Authorization');
  });

  test('an answer that streams ends when its caller is revoked', async () => {
    const revocations = memoryRevocations();
    const gate = notesGate(
      {},
      {
        ownership: ownership({ keys: ['a secret of at least 32 bytes, or more'] }),
        ...{ streams: 'end-with-access', revocations },
      },
    );
    const [called, open] = [contextOf('/export', 'notes.read'), contextOf('/open')];
    expect(await createNodeGuard(gate, 'notes:read')(called)).toBeDefined();
    // Without a caller there is no access that could end.
    expect(await createNodeGuard(gate, publicAccess())(open)).toMatchObject({ auth: undefined });
    for (const { res } of [called, open]) res.writeHead(200);
    await revocations.revoke({ subject: 'ray' }, { until: Date.now() / 1000 + 60 });
    expect(called.res.destroyed).toBe(true);
    expect(open.res.destroyed).toBe(false);
  });

  test('a misspelt scope is an error at mount', () => {
    // @ts-expect-error: no scope of this gate
    expect(() => createNodeGuard(notesGate(), 'notes:raed')).toThrow(TypeError);
  });
});

describe('run', () => {
  async function passedThrough(): Promise<NodeContext & { readonly passed: Passed }> {
    const context = contextOf('/export', 'notes.read');
    const passed = await createNodeGuard(notesGate(), 'notes:read')(context);
    if (passed === undefined) throw new Error('expected a pass');
    return { ...context, passed };
  }

  test('returns what the handler returns, and adds the headers to those that it wrote', async () => {
    const { passed, res } = await passedThrough();
    const handler = async (): Promise<string> => {
      res.setHeader('Vary', 'Accept');
      return 'notes';
    };
    expect(await passed.run(handler)).toBe('notes');
    expect(res.getHeader('vary')).toBe('Accept, Authorization');
    expect(res.headersSent).toBe(false);
  });

  test('leaves an answer alone that the handler has begun', async () => {
    const { passed, res } = await passedThrough();
    await passed.run(() => void res.setHeader('Vary', 'Accept').writeHead(200));
    expect(res.getHeader('vary')).toBe('Accept');
  });

  test('answers a scope error, and no other [C403-1]', async () => {
    const { passed, res } = await passedThrough();
    const broken = new Error('broken');
    await expect(passed.run(() => Promise.reject(broken))).rejects.toBe(broken);
    expect(res.writableEnded).toBe(false);
    const refused = passed.run(() => {
      throw new InsufficientScopeError('notes:write');
    });
    expect(await refused).toBeUndefined();
    expect(res.statusCode).toBe(403);
    expect(res.writableEnded).toBe(true);
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

  test('answers with a document that is still being signed', async () => {
    const gate = notesGate({}, { signedMetadata: async () => 'a.signed.document' });
    const { req, res } = contextOf(METADATA);
    Object.assign(req, { method: 'GET' });
    const answered = createNodeMetadata([gate])({ req, res });
    expect(res.writableEnded).toBe(false);
    expect(await answered).toBe(true);
    expect(res.statusCode).toBe(200);
    expect(res.getHeader('content-type')).toBe('application/json');
    expect(res.writableEnded).toBe(true);
  });

  test('a callback is called for what is not answered, and not for what is', () => {
    const metadata = createNodeMetadata([notesGate()]);
    const told: unknown[] = [];
    const next = (error?: Error): void => void told.push(error);
    const { req, res } = contextOf(METADATA);
    Object.assign(req, { method: 'GET' });
    void metadata({ req, res }, next);
    expect(told).toEqual([]);
    void metadata(contextOf('/mcp'), next);
    expect(told).toEqual([undefined]);
  });

  test('a callback gets the error of an answer that was waited for', async () => {
    const gate = notesGate({}, { signedMetadata: async () => 'a.signed.document' });
    const { req, res } = contextOf(METADATA);
    Object.assign(req, { method: 'GET' });
    const broken = new Error('broken');
    const metadata = createNodeMetadata([gate], {
      write: () => {
        throw broken;
      },
    });
    const told = await new Promise((resolve) => void metadata({ req, res }, resolve));
    expect(told).toBe(broken);
  });

  test('throws below a mount, where the URL never arrives', () => {
    const metadata = createNodeMetadata([notesGate()], {
      place: (context: NodeContext) => ({ ...context, mountedAt: '/api' }),
    });
    expect(() => metadata(contextOf('/mcp'))).toThrow(/root of the app, not \/api/);
  });
});
