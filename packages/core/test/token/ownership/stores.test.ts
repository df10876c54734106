/** The stores of SDK v1 behind a gate with ownership: tasks, and streams to resume. */
import { createServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { InMemoryEventStore } from '@modelcontextprotocol/sdk/examples/shared/inMemoryEventStore.js';
import { InMemoryTaskStore } from '@modelcontextprotocol/sdk/experimental/tasks/stores/in-memory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { afterEach, describe, expect, test } from 'vitest';
import type { Auth } from '../../../src/index.js';
import { createNodeGuard } from '../../../src/node/index.js';
import {
  openOwnedId,
  ownedEventStore,
  ownedId,
  ownedTaskStore,
} from '../../../src/token/ownership/index.js';
import { INITIALIZE } from '../../support/handed.js';
import { close, listen } from '../../support/issuer.js';
import { callTool, rpc } from '../../support/mcp.js';
import { ANN, BOB, authOf, ownGate } from './support.js';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of closers.splice(0)) await stop();
});

interface Caller {
  readonly token: string;
  send(
    body: object | undefined,
    headers?: Record<string, string>,
  ): Promise<{ readonly status: number; readonly text: string; readonly message: unknown }>;
}

/** A server as an SDK user writes it; `isOwned: false` leaves the stores as they are. */
async function serve(isOwned = true): Promise<(token: string) => Promise<Caller>> {
  const gate = ownGate({
    policy: {
      tools: { read_notes: 'notes:read', export_notes: 'notes:write' },
      tasks: 'notes:read',
    },
    ...(!isOwned && { gate: { ownership: undefined } as never }),
  });
  const guard = createNodeGuard(gate);
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const events = new InMemoryEventStore();
  const tasks = new InMemoryTaskStore();
  const openSession = async (auth: Auth): Promise<StreamableHTTPServerTransport> => {
    const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () =>
        isOwned ? ownedId(gate, auth, { kind: 'session' }) : crypto.randomUUID(),
      eventStore: isOwned ? ownedEventStore(gate, auth, events) : events,
      onsessioninitialized: (id) => void sessions.set(id, transport),
    });
    const server = new McpServer(
      { name: 'notes', version: '1' },
      {
        capabilities: {
          logging: {},
          tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } },
        },
        taskStore: isOwned ? ownedTaskStore(gate, auth, tasks) : tasks,
      },
    );
    server.registerTool('read_notes', {}, async ({ sendNotification }) => {
      // The store of the SDK orders the events of one millisecond at random, so each gets one of its own.
      await setTimeout(3);
      await sendNotification({
        method: 'notifications/message',
        params: { level: 'info', data: `secret of ${auth.subject}` },
      });
      await setTimeout(3);
      return { content: [{ type: 'text', text: `secret of ${auth.subject}` }] };
    });
    server.experimental.tasks.registerToolTask(
      'export_notes',
      { execution: { taskSupport: 'required' } },
      {
        async createTask({ taskStore }) {
          const task = await taskStore.createTask({ ttl: null });
          const result = {
            content: [{ type: 'text' as const, text: `export of ${auth.subject}` }],
          };
          setImmediate(() => void taskStore.storeTaskResult(task.taskId, 'completed', result));
          return { task };
        },
        getTask: async ({ taskStore, taskId }) => taskStore.getTask(taskId),
        getTaskResult: async ({ taskStore, taskId }) =>
          (await taskStore.getTaskResult(taskId)) as never,
      },
    );
    await server.connect(transport as never);
    return transport;
  };
  const http = createServer((req, res) => {
    void Promise.resolve(guard({ req, res })).then(async (passed) => {
      if (passed === undefined) return;
      const known = sessions.get(String(req.headers['mcp-session-id']));
      const transport = known ?? (await openSession(passed.auth as Auth));
      await transport.handleRequest(req, res, passed.body);
    });
  });
  const origin = await listen(http);
  closers.push(async () => {
    await Promise.all([...sessions.values()].map((transport) => transport.close()));
    tasks.cleanup();
    await close(http);
  });
  return async (token) => {
    const caller = createCaller(`${origin}/mcp`, token);
    const opened = await fetch(`${origin}/mcp`, {
      method: 'POST',
      headers: headersOf(token),
      body: JSON.stringify(INITIALIZE),
    });
    await opened.text();
    const session = opened.headers.get('mcp-session-id') ?? '';
    return {
      token,
      send: async (body, headers = {}) => caller(body, { 'mcp-session-id': session, ...headers }),
    };
  };
}

function headersOf(token: string): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    'mcp-protocol-version': '2025-11-25',
  };
}

function createCaller(url: string, token: string): Caller['send'] {
  return async (body, headers = {}) => {
    const stop = new AbortController();
    const response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...headersOf(token), ...headers },
      signal: stop.signal,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await readAnswer(response, stop);
    return { status: response.status, text, message: messageOf(text) };
  };
}

/** Reads to the end, or to the answer of the call: the stream that resumes it stays open behind it. */
async function readAnswer(response: Response, stop: AbortController): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (/^data: .*"result".*\n\n/m.test(text)) break;
  }
  stop.abort();
  return text;
}

function messageOf(text: string): unknown {
  const lines = text.split('\n').filter((line) => line.startsWith('data: {'));
  return JSON.parse(lines.at(-1)?.slice(6) ?? (text.startsWith('{') ? text : 'null'));
}

describe('tasks', () => {
  test("are their owner's, by the rule of the tool [OP-17, HO-1, HO-3, HO-4, HO-14, T155]", async () => {
    const open = await serve();
    const [ann, bob, reader] = await Promise.all([
      open(ANN),
      open(BOB),
      open('ann/app/notes:read'),
    ]);
    const created = await ann.send({
      ...rpc('tools/call', { name: 'export_notes', arguments: {}, task: { ttl: 60_000 } }),
    });
    const { taskId } = (created.message as { result: { task: { taskId: string } } }).result.task;
    expect(taskId).toMatch(/^[\w-]+(\.[\w-]+){4}$/);
    const get = (who: Caller, method = 'tasks/get', id = taskId): ReturnType<Caller['send']> =>
      who.send(rpc(method, { taskId: id }));
    expect((await get(ann)).message).toMatchObject({ result: { taskId } });
    const answer = (await get(ann, 'tasks/result')).message;
    expect(answer).toMatchObject({ result: { content: [{ text: 'export of ann' }] } });
    expect(JSON.stringify(answer)).toContain(taskId);
    for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel', 'tasks/update']) {
      const foreign = await get(bob, method);
      expect(foreign).toMatchObject({ status: 404, message: { error: { code: -32602 }, id: 1 } });
      expect(await get(bob, method, crypto.randomUUID())).toEqual(foreign);
      // Of the owner's, with a token that lost the scope of the tool.
      expect((await get(reader, method)).status).toBe(403);
    }
    const list = async (who: Caller): Promise<string> => (await who.send(rpc('tasks/list'))).text;
    expect(await list(ann)).toContain(taskId);
    expect(await list(bob)).toContain('"tasks":[]');
  });

  test('without the wrapper, an id that the store minted is unknown [T156]', async () => {
    const gate = ownGate();
    const auth = await authOf(gate, ANN);
    const store = new InMemoryTaskStore();
    const { taskId } = await store.createTask({}, 1, { method: 'tools/call' });
    expect(await openOwnedId(gate, auth, taskId, { kind: 'task' })).toBeUndefined();
    const owned = ownedTaskStore(gate, auth, store);
    expect(await owned.getTask(taskId)).toBeNull();
    await expect(owned.getTaskResult(taskId)).rejects.toThrow('Task not found');
    await expect(owned.updateTaskStatus(taskId, 'failed')).rejects.toThrow('Task not found');
    expect(await owned.listTasks()).toMatchObject({ tasks: [] });
    expect(await store.listTasks()).toMatchObject({ tasks: [{ taskId }] });
  });

  test('of a server that all share go by the current request [T155]', async () => {
    const gate = ownGate();
    const [ann, bob] = await Promise.all([authOf(gate, ANN), authOf(gate, BOB)]);
    let current: Auth | undefined = ann;
    const store = ownedTaskStore(gate, () => current, new InMemoryTaskStore());
    const call = callTool('add_note') as { method: string };
    const { taskId } = await store.createTask({}, 1, call);
    expect(await openOwnedId(gate, ann, taskId, { kind: 'task' })).toMatchObject({
      operation: { method: 'tools/call', name: 'add_note' },
    });
    expect(await store.getTask(taskId)).toMatchObject({ taskId });
    current = bob;
    expect(await store.getTask(taskId)).toBeNull();
    expect(await store.listTasks()).toMatchObject({ tasks: [] });
    current = undefined;
    await expect(store.getTask(taskId)).rejects.toThrow('that this gate let through');
    await expect(store.createTask({}, 1, call)).rejects.toThrow('that this gate let through');
  });
});

describe('streams', () => {
  const lastIdOf = (text: string): string => /^id: (.+)$/m.exec(text)?.[1] ?? '';

  test('are resumed by their owner alone [HO-12, T155]', async () => {
    const open = await serve();
    const [ann, bob] = await Promise.all([open(ANN), open(BOB)]);
    const first = lastIdOf((await ann.send(callTool('read_notes'))).text);
    expect(first).not.toBe('');
    const resumed = await ann.send(undefined, { 'last-event-id': first });
    expect(resumed.status).toBe(200);
    expect(resumed.text).toContain('secret of ann');
    for (const id of [first, 'guessed', lastIdOf(resumed.text)]) {
      const foreign = await bob.send(undefined, { 'last-event-id': id });
      expect(foreign.status).toBe(404);
      expect(foreign.text).toContain('-32001');
    }
  });

  test('without ownership anybody resumes them', async () => {
    const open = await serve(false);
    const [ann, bob] = await Promise.all([open(ANN), open(BOB)]);
    const first = lastIdOf((await ann.send(callTool('read_notes'))).text);
    const foreign = await bob.send(undefined, { 'last-event-id': first });
    expect(foreign.text).toContain('secret of ann');
  });

  test('of the same name in two sessions are kept apart [T155]', async () => {
    const gate = ownGate();
    const [ann, bob] = await Promise.all([authOf(gate, ANN), authOf(gate, BOB)]);
    const kept: { stream: string; message: string }[] = [];
    const shared = {
      storeEvent: async (stream: string, message: string) =>
        String(kept.push({ stream, message }) - 1),
      getStreamIdForEventId: async (id: string) => kept[Number(id)]?.stream,
      async replayEventsAfter(
        id: string,
        { send }: { send: (eventId: string, message: string) => Promise<void> },
      ) {
        const stream = kept[Number(id)]?.stream ?? '';
        for (const [index, event] of kept.entries()) {
          if (index > Number(id) && event.stream === stream)
            await send(String(index), event.message);
        }
        return stream;
      },
    };
    const [first, second] = [ann, bob].map((auth) => ownedEventStore(gate, auth, shared));
    const begin = (await first?.storeEvent('_GET_stream', 'a1')) as string;
    await second?.storeEvent('_GET_stream', 'b1');
    await first?.storeEvent('_GET_stream', 'a2');
    const replayed: string[] = [];
    const send = async (id: string, message: string): Promise<void> => {
      expect(await openOwnedId(gate, ann, id, { kind: 'event' })).toBeDefined();
      replayed.push(message);
    };
    expect(await first?.replayEventsAfter(begin, { send })).toBe('_GET_stream');
    expect(replayed).toEqual(['a2']);
    expect(await first?.getStreamIdForEventId?.(begin)).toBe('_GET_stream');
    expect(await second?.getStreamIdForEventId?.(begin)).toBeUndefined();
    await expect(second?.replayEventsAfter(begin, { send })).rejects.toThrow('unknown event id');
  });
});
