import { describe, expect, test } from 'vitest';
import {
  createWebGuard,
  createWebMetadata,
  fromWebRequest,
  metadataOf,
  replyOver,
} from '../../src/adapter.js';
import type { WebPlace } from '../../src/adapter.js';
import { InsufficientScopeError, createGate, publicAccess } from '../../src/index.js';
import type { Reply } from '../../src/index.js';
import { registerPendingRefusals } from '../../src/web/index.js';
import { RESOURCE, callTool, notesGate, request, scopesAsToken } from '../support/mcp.js';
import type { Call } from '../support/mcp.js';

const gate = notesGate();

/** What a framework keeps for one request. */
interface Context extends WebPlace {
  readonly holder: { raw: Request };
  readonly auth: { auth?: unknown };
  /** What handlers and middleware set for the response. */
  readonly headers: Headers;
  readonly added: unknown[];
}

function contextOf(call: Call, place: Partial<WebPlace> = {}): Context {
  const one = request(call);
  const headers = new Headers({ 'x-request-id': '7' });
  return { request: one, holder: { raw: one }, auth: {}, headers, added: [], ...place } as Context;
}

const guard = createWebGuard(gate, undefined, {
  place: (context: Context) => context,
  write: ({ headers }, reply) => replyOver(headers, reply),
  addHeader: ({ added }, ...header) => void added.push(header),
});

const BARE = {
  place: (one: Request) => ({ request: one }),
  write: (_one: Request, reply: Reply) => replyOver(new Headers(), reply),
};
const bare = createWebGuard(gate, undefined, BARE);

async function passed(context: Context) {
  const outcome = await guard(context);
  if (outcome.answer !== undefined) throw new Error(`refused: ${outcome.answer.status}`);
  return outcome;
}

describe('the guard of a framework', () => {
  const body = callTool('read_notes');

  test('attaches the caller, the evaluated body, and the headers', async () => {
    const context = contextOf({ token: 'notes.read', body });
    const { auth, ...outcome } = await passed(context);
    expect(auth?.subject).toBe('ray');
    expect(context.auth.auth).toBe(auth);
    expect(outcome.body).toEqual(body);
    expect(context.added).toEqual([['Vary', 'Authorization', true]]);
    const { raw } = context.holder;
    expect(context.holder.raw).toBe(raw);
    expect(await raw.json()).toEqual(body);
  });

  test('leaves the raw request alone if the body was not read', async () => {
    const context = contextOf({ token: 'notes.read', method: 'GET' });
    await passed(context);
    expect(context.holder.raw).toBe(context.request);
  });

  test('lets a framework replace the raw request', async () => {
    const context = contextOf({ token: 'notes.read', body });
    await passed(context);
    const other = new Request(RESOURCE);
    context.holder.raw = other;
    expect(context.holder.raw).toBe(other);
  });

  test('the raw request stays an ordinary member', async () => {
    const context = contextOf({ token: 'notes.read', body });
    await passed(context);
    expect(Object.keys(context.holder)).toContain('raw');
    const other = new Request(RESOURCE);
    Object.defineProperty(context.holder, 'raw', { value: other });
    expect(context.holder.raw).toBe(other);
  });

  test('a second guard reads what the first one attached, and attaches its own', async () => {
    const context = contextOf({ token: 'notes.read', body });
    await passed(context);
    const { raw } = context.holder;
    const outcome = await passed({ ...context, request: raw });
    expect(outcome.body).toEqual(body);
    expect(raw.bodyUsed).toBe(true);
    expect(await context.holder.raw.json()).toEqual(body);
  });

  test('adds the headers once, with two guards of one request', async () => {
    const context = contextOf({ token: 'notes.read', method: 'GET' });
    await passed(context);
    await passed(context);
    expect(context.added).toHaveLength(1);
    const next = contextOf({ token: 'notes.read', method: 'GET' });
    await passed(next);
    expect(next.added).toHaveLength(1);
  });

  test('works where there is nothing to attach to', async () => {
    expect(await bare(request({ token: 'notes.read', body }))).toMatchObject({
      auth: { subject: 'ray' },
      body,
    });
  });

  test('answers without a promise where the answer is known at once', () => {
    const routed = createWebGuard(gate, 'notes:read', BARE);
    expect(routed(request({ token: 'notes.read', body }))).toHaveProperty('auth.subject', 'ray');
    expect(routed(request({ body }))).toHaveProperty('answer.status', 401);
  });

  test('attaches nothing to a refused request, and answers over the headers of others', async () => {
    const context = contextOf({ token: 'none', body });
    const { answer } = await guard(context);
    expect(answer?.status).toBe(403);
    expect(answer?.headers.get('x-request-id')).toBe('7');
    expect(context).toMatchObject({ auth: {}, added: [] });
    expect(context.holder.raw).toBe(context.request);
  });

  test('a scope error is the 403, any other error is thrown again', async () => {
    const context = contextOf({ token: 'notes.read', body });
    const outcome = await passed(context);
    const scopeError = new InsufficientScopeError('notes:write');
    const refusal = await outcome.run(() => Promise.reject(scopeError));
    expect(refusal.status).toBe(403);
    expect(refusal.headers.get('x-request-id')).toBe('7');
    expect(await refusal.json()).toMatchObject({ id: 1 });
    expect(outcome.refuse(scopeError)?.status).toBe(403);
    expect(outcome.refuse(new Error('mine'))).toBeUndefined();
    await expect(outcome.run(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
    const response = new Response('ran');
    expect(await outcome.run(async () => response)).toBe(response);
    expect((await outcome.finish(response)).headers.get('vary')).toBe('Authorization');
  });

  test('writes the refusal that a handler raised instead of its response', async () => {
    const raising = notesGate();
    const reply = { status: 403, headers: [], body: 'raised' } as const;
    const calls: unknown[] = [];
    registerPendingRefusals(raising, {
      pendingFor: () => expect.fail('not on the Web'),
      replace: async (...given) => {
        calls.push(given);
        return { reply };
      },
    });
    const one = request({ token: 'notes.read', body });
    const outcome = await createWebGuard(raising, 'notes:read', BARE)(one);
    if (outcome.answer !== undefined) throw new Error('refused');
    const response = new Response('{}');
    const written = await outcome.finish(response);
    expect(written.status).toBe(403);
    expect(written.headers.get('vary')).toBe('Authorization');
    expect(await written.text()).toBe('raised');
    expect(calls).toEqual([[outcome.auth, response, one]]);
    const open = await createWebGuard(raising, publicAccess(), BARE)(request({}));
    if (open.answer !== undefined) throw new Error('refused');
    expect(await (await open.finish(response)).text()).toBe('{}');
  });

  test('reads the body that a framework kept, and the target that its router reads', async () => {
    const one = request({ token: 'notes.read', body });
    const text = await one.text();
    const context = contextOf({}, { request: one, reread: async () => text });
    expect((await passed(context)).body).toEqual(body);
    let calls = 0;
    const target = (): string => `/routed/${++calls}`;
    const { gateRequest } = fromWebRequest(one, undefined, target);
    expect(calls).toBe(0);
    expect([gateRequest.url, gateRequest.url]).toEqual(['/routed/1', '/routed/1']);
  });
});

describe('the metadata of several gates', () => {
  const other = createGate({
    ...{ resource: 'https://notes.example.com/files', verifier: scopesAsToken },
    ...{ authorizationServers: ['https://idp.example.com'], scopes: ['files:read'] },
    signedMetadata: async () => 'e30.e30.e30',
  });
  const respond = createWebMetadata([gate, other], BARE);

  test.each([gate, other])('%#: the document of the gate whose URL it is', async (one) => {
    const response = await respond(new Request(one.metadata.url));
    expect(response?.status).toBe(200);
    expect(await response?.json()).toMatchObject({ resource: one.resource });
  });

  test('at once if nothing is signed, and nothing for other requests', () => {
    expect(respond(new Request(gate.metadata.url))).toBeInstanceOf(Response);
    expect(respond(new Request(RESOURCE))).toBeUndefined();
  });

  test('needs a gate', () => {
    expect(() => metadataOf([])).toThrow(
      new TypeError('resourceMetadata: expected at least one gate'),
    );
  });
});
