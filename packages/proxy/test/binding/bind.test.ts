/** What a bound upstream gets, and what its callers get, place by place. */
import { describe, expect, test } from 'vitest';
import type { ServerResponse } from 'node:http';
import { NOT_FOUND, ownGate } from '../../../core/test/token/ownership/support.js';
import type { OwnGate } from '../../../core/test/token/ownership/support.js';
import { createProxy } from '../../src/index.js';
import type { ProxyOptions } from '../../src/index.js';
import { json, startFront, startUpstream } from '../support.js';
import type { Upstream } from '../support.js';

const ANN = 'ann/app/notes:read+notes:write/1';
const READER = 'ann/app/notes:read/1';
const BOB = 'bob/app/notes:read+notes:write/1';
const NOBODY = '-/app/notes:read+notes:write/1';
const RELATED = 'io.modelcontextprotocol/related-task';

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  readonly message: { readonly result: Record<string, unknown>; readonly params: never };
}

type Send = (
  token: string,
  body: object | undefined,
  headers?: Record<string, string>,
) => Promise<Reply>;

async function start(
  answer: (res: ServerResponse, message: Record<string, unknown>, method: string) => unknown,
  options: ProxyOptions = { sessions: 'bind', tasks: 'bind' },
  own: OwnGate = {},
): Promise<{ upstream: Upstream; send: Send; url: string }> {
  const upstream = await startUpstream((req, res, body) =>
    answer(res, (body === '' ? {} : JSON.parse(body)) as Record<string, unknown>, req.method ?? ''),
  );
  const gate = ownGate({
    ...own,
    policy: { otherTools: 'notes:read', tasks: 'notes:read', ...own.policy },
  });
  const { url } = await startFront(upstream.url, options as never, gate);
  const send: Send = async (token, body, headers = {}) => {
    const response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...{ authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const message = (text.startsWith('{') ? JSON.parse(text) : undefined) as Reply['message'];
    return { status: response.status, text, headers: response.headers, message };
  };
  return { upstream, send, url };
}

const rpc = (method: string, params: object = {}): object => ({
  jsonrpc: '2.0',
  id: 1,
  method,
  params,
});
const result = (value: object): object => ({ jsonrpc: '2.0', id: 1, result: value });
const call = (name: string, more: object = {}): object =>
  rpc('tools/call', { name, arguments: {}, ...more });

/** Begins task `7` of the upstream for a caller. */
async function begin(send: Send, token: string, name = 'add_note'): Promise<string> {
  const { message } = await send(token, call(name));
  return (message.result['task'] as { taskId: string }).taskId;
}

const TASKS = (res: ServerResponse, { method, params }: Record<string, unknown>): void => {
  if (method === 'tools/call')
    return json(res, result({ task: { taskId: '7', status: 'working' } }));
  if (method === 'tasks/list') {
    return json(res, result({ tasks: [{ taskId: '7' }, { taskId: '8', secret: 'of another' }] }));
  }
  const { taskId } = params as { taskId: string };
  return json(res, result({ taskId, status: 'working', _meta: { [RELATED]: { taskId } } }));
};

describe('tasks', () => {
  test('the upstream gets its own id in body and header, and the caller the sealed one [HO-16, T155]', async () => {
    const { upstream, send } = await start(TASKS);
    const taskId = await begin(send, ANN);
    expect(taskId).not.toBe('7');
    const headers = {
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tasks/get',
      'mcp-name': taskId,
    };
    const answer = await send(ANN, rpc('tasks/get', { taskId }), headers);
    expect(answer.message.result).toEqual({
      ...{ taskId, status: 'working', _meta: { [RELATED]: { taskId } } },
    });
    const got = upstream.received.at(-1);
    expect(JSON.parse(got?.body ?? '')).toMatchObject({ params: { taskId: '7' } });
    expect(got?.headers).toMatchObject({ 'mcp-name': '7' });
    expect(got?.all).not.toContain(taskId);
    // A header that names another task than the body is refused before.
    const other = { ...headers, 'mcp-name': '7' };
    expect((await send(ANN, rpc('tasks/get', { taskId }), other)).status).toBe(400);
  });

  test('of others and of the upstream are unknown, and follow the rule of their tool [HO-14, HO-16, T155, T157]', async () => {
    const { upstream, send } = await start(TASKS);
    const taskId = await begin(send, ANN);
    const before = upstream.received.length;
    for (const id of [taskId, '7', '8']) {
      const foreign = await send(BOB, rpc('tasks/get', { taskId: id }));
      expect(foreign).toMatchObject({ status: 404, message: { error: { code: -32602 } } });
    }
    expect((await send(ANN, rpc('tasks/get', { taskId: '7' }))).status).toBe(404);
    expect((await send(READER, rpc('tasks/get', { taskId }))).status).toBe(403);
    const related = { _meta: { [RELATED]: { taskId } } };
    expect((await send(BOB, call('read_notes', related))).status).toBe(404);
    expect(upstream.received).toHaveLength(before);
    await send(ANN, call('read_notes', related));
    expect(upstream.received.at(-1)?.body).toContain(`"${RELATED}":{"taskId":"7"}`);
  });

  test('a list shows those that the caller began, under the ids that the caller knows [HO-3, T155]', async () => {
    const { send } = await start(TASKS);
    const taskId = await begin(send, ANN);
    expect((await send(ANN, rpc('tasks/list'))).message.result).toEqual({ tasks: [{ taskId }] });
    expect((await send(BOB, rpc('tasks/list'))).message.result).toEqual({ tasks: [] });
    expect((await send(NOBODY, rpc('tasks/list'))).message.result).toEqual({ tasks: [] });
  });

  test('a token without a subject begins none [T160]', async () => {
    const { send } = await start(TASKS);
    expect(await begin(send, NOBODY)).toBe('7');
    expect((await send(NOBODY, rpc('tasks/get', { taskId: '7' }))).status).toBe(404);
  });

  test('an answer about another task is not sealed for who asked [T155]', async () => {
    const { send } = await start((res, message) => {
      if (message['method'] === 'tasks/get') json(res, result({ taskId: '8', status: 'working' }));
      else TASKS(res, message);
    });
    const taskId = await begin(send, ANN);
    const { message } = await send(ANN, rpc('tasks/get', { taskId }));
    expect(message.result['taskId']).toBe('8');
  });

  test('all other bytes stay as they are, both ways [HO-16]', async () => {
    const digits = '{"big":12345678901234567890,"float":1.10,"taskId":"mine"}';
    const { upstream, url, send } = await start((res) => {
      res.writeHead(200, { 'content-type': 'application/json' });
      res.end(
        `{"jsonrpc":"2.0","id":1,"result":{"task":{"taskId":"7"},"structuredContent":${digits}}}`,
      );
    });
    const taskId = await begin(send, ANN);
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${ANN}`, 'content-type': 'application/json' },
      body: `{"jsonrpc":"2.0","id":1,"method":"tasks/update","params":{"taskId":"${taskId}","inputResponses":${digits}}}`,
    });
    expect(await response.text()).toContain(`"structuredContent":${digits}`);
    expect(upstream.received.at(-1)?.body).toBe(
      `{"jsonrpc":"2.0","id":1,"method":"tasks/update","params":{"taskId":"7","inputResponses":${digits}}}`,
    );
  });
});

describe('requestState', () => {
  const ASKS = (res: ServerResponse): void =>
    json(res, result({ resultType: 'input_required', requestState: 'plain state' }));

  test('comes back to the upstream from this caller and call alone [HO-5, HO-6, OP-17, T155]', async () => {
    const { upstream, send } = await start(ASKS);
    const { message } = await send(ANN, call('read_notes'));
    const { requestState } = message.result as { requestState: string };
    expect(requestState).not.toContain('plain');
    await send(ANN, call('read_notes', { requestState }));
    expect(upstream.received.at(-1)?.body).toContain('"requestState":"plain state"');
    const before = upstream.received.length;
    const foreign = [
      await send(BOB, call('read_notes', { requestState })),
      await send(ANN, call('add_note', { requestState })),
      await send(ANN, call('read_notes', { requestState: 'plain state' })),
      await send(ANN, call('read_notes', { requestState: `${requestState.slice(0, -1)}!` })),
      await send(ANN, call('read_notes', { requestState: { a: 1 } })),
    ];
    for (const one of foreign) expect(one).toMatchObject({ status: 400, text: foreign[0]?.text });
    expect(upstream.received).toHaveLength(before);
  });
});

describe('sessions', () => {
  const OPENS = (res: ServerResponse, _message: unknown, method: string): void => {
    res.setHeader('mcp-session-id', 'inner-session');
    if (method !== 'GET') return json(res, result({}));
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write(
      ': hello\r\nid: inner-event\r\ndata: {"jsonrpc":"2.0",\r\ndata: "method":"ping"}\r\n\r\n',
    );
    res.write('event: endpoint\ndata: /message?sessionId=abc\n\n');
    res.end('id: 2\nretry: 7\n\n');
  };

  test('headers, and the ids of events [HO-16, T155]', async () => {
    const { upstream, send } = await start(OPENS);
    const session = (await send(ANN, rpc('initialize'))).headers.get('mcp-session-id') ?? '';
    const headers = { 'mcp-session-id': session };
    const stream = await send(ANN, undefined, headers);
    // The session keeps its id in each answer.
    expect(stream.headers.get('mcp-session-id')).toBe(session);
    expect(stream.text).not.toMatch(/inner|endpoint|sessionId/);
    expect(stream.text).toMatch(
      /^: hello\nid: [\w.-]+\ndata: \{"jsonrpc":"2.0",\ndata: "method":"ping"\}\n\n/,
    );
    expect(stream.text).toMatch(/\n\nid: [\w.-]+\nretry: 7\n\n$/);
    const event = /^id: (.+)$/m.exec(stream.text)?.[1] ?? '';
    await send(ANN, undefined, { ...headers, 'last-event-id': event });
    expect(upstream.received.at(-1)?.headers).toMatchObject({
      'mcp-session-id': 'inner-session',
      'last-event-id': 'inner-event',
    });
    expect(await send(BOB, undefined, { 'last-event-id': event })).toMatchObject({ status: 404 });
    expect(await send(BOB, rpc('ping'), headers)).toMatchObject({ status: 404 });
  });

  test('no other session is handed over, and none to a token without a subject [T153, T160]', async () => {
    let inner = 'first';
    const { send } = await start((res) => {
      res.setHeader('mcp-session-id', inner);
      json(res, result({}));
    });
    const session = (await send(ANN, rpc('initialize'))).headers.get('mcp-session-id') ?? '';
    inner = 'of-another';
    const answer = await send(ANN, rpc('ping'), { 'mcp-session-id': session });
    expect(answer.headers.get('mcp-session-id')).toBeNull();
    expect((await send(NOBODY, rpc('initialize'))).headers.get('mcp-session-id')).toBeNull();
  });

  test('of the transport with sessions in URLs are refused [T155]', async () => {
    const { upstream, url } = await start(OPENS);
    for (const query of ['sessionId=x', 'session_id=x', 'SESSIONID=x', 'a=1&sessionId=']) {
      const response = await fetch(`${url}?${query}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ANN}`, 'content-type': 'application/json' },
        body: JSON.stringify(rpc('ping')),
      });
      expect(response.status).toBe(404);
      expect(await response.text()).toBe(NOT_FOUND.body);
    }
    expect(upstream.received).toHaveLength(0);
  });

  test('alone, they leave bodies as they are', async () => {
    const { send } = await start(TASKS, { sessions: 'bind' });
    expect(await begin(send, ANN)).toBe('7');
  });

  test('events arrive in pieces, with every kind of line end', async () => {
    const { send } = await start(async (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      const text = 'id: inner-1\r\ndata: a\r\n\r\nid: inner-2\r\rdata: b\r\r';
      for (const character of text) {
        res.write(character);
        await new Promise((resolve) => setImmediate(resolve));
      }
      res.end();
    });
    const { text } = await send(ANN, undefined);
    expect(text.replaceAll(/id: [\w.-]+/g, 'id: X')).toBe('id: X\ndata: a\n\nid: X\n\ndata: b\n\n');
  });
});

describe('options', () => {
  test.each([
    [{ sessions: 'bind' }, { gate: { ownership: undefined } }, "proxy.sessions: 'bind' needs"],
    [{ tasks: 'bind' }, { gate: { ownership: undefined } }, "proxy.tasks: 'bind' needs createGate"],
    [{ tasks: 'bind', rule: 'notes:read' }, {}, "proxy.tasks: 'bind' needs a policy"],
    [{ sessions: 'seal' }, {}, 'proxy.sessions: expected one of bind, pass'],
  ])('%j is a TypeError', (options, own, message) => {
    expect(() =>
      createProxy(ownGate(own as never), 'http://127.0.0.1:1/mcp', options as never),
    ).toThrow(message);
  });
});
