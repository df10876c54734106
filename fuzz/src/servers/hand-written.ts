/**
 * Lenient servers without an SDK: they act on everything that they can read somehow.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { record } from '../record.js';
import { asNode, exactly, leniently } from './resources.js';
import type { ReadUri } from './resources.js';
import type { McpServerUnderTest } from './server.js';

/** How a server comes to its message, and how it reads it. */
export interface Habits {
  /** From the content, if it does not take the parsed body. */
  readonly parse?: (content: string) => unknown;
  readonly member: (value: unknown, name: string) => unknown;
  readonly readUri: ReadUri;
}

type Message = { readonly [name: string]: unknown };

/** Own members of the parsed body. */
const OWN: Habits = {
  member: (value, name) =>
    isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined,
  readUri: asNode,
};

/** Copies by assignment, as merging helpers and older validators do: `__proto__` becomes one. */
const ASSIGNING: Habits = {
  member: (value, name) => (isObject(value) ? assigned(value)[name] : undefined),
  readUri: leniently,
};

/** Reads the stream for itself. */
const RAW: Habits = {
  parse: (content) => JSON.parse(content.replace(/^\uFEFF/, '')) as unknown,
  member: plain,
  readUri: exactly,
};

export const HAND_WRITTEN: Readonly<Record<string, McpServerUnderTest>> = {
  'own members': handWritten(OWN),
  'inherited members': handWritten(ASSIGNING),
  'raw stream': handWritten(RAW),
};

export function handWritten(habits: Habits): McpServerUnderTest {
  const { parse } = habits;
  return {
    async node(req, res, body) {
      record({ kind: 'entered' });
      const content = parse === undefined && body !== undefined ? undefined : await contentOf(req);
      const message = content === undefined || content === '' ? body : tryParse(content, parse);
      actOn(message, habits);
      answer(res);
    },
    async fetch(request, { parsedBody }) {
      record({ kind: 'entered' });
      const isEvaluated = parse === undefined && parsedBody !== undefined;
      const content = isEvaluated ? '' : await request.text().catch(() => '');
      actOn(content === '' ? parsedBody : tryParse(content, parse), habits);
      return Response.json({});
    },
  };
}

function tryParse(content: string, parse: Habits['parse'] = JSON.parse): unknown {
  try {
    return parse(content);
  } catch {
    return undefined;
  }
}

async function contentOf(req: IncomingMessage): Promise<string> {
  return req.readableEnded || req.destroyed ? '' : text(req);
}

function answer(res: ServerResponse): void {
  if (!res.headersSent) res.writeHead(200, { 'content-type': 'application/json' }).end('{}');
}

/** Does what the message says: without a look at `jsonrpc`, `id` or the verb, and one by one. */
export function actOn(body: unknown, habits: Habits): void {
  const { member } = habits;
  for (const message of Array.isArray(body) ? (body as unknown[]) : [body]) {
    const method = member(message, 'method');
    if (typeof method === 'string')
      run(method, (member(message, 'params') ?? {}) as Message, habits);
  }
}

function run(method: string, params: Message, habits: Habits): void {
  const { member } = habits;
  switch (method) {
    case 'tools/call':
    case 'prompts/get': {
      const name = member(params, 'name');
      if (typeof name !== 'string') return;
      const kind = method === 'tools/call' ? 'tool' : 'prompt';
      return record({ kind, name, args: argumentsOf(member(params, 'arguments'), member) });
    }
    case 'resources/read':
      return touch('resource', member(params, 'uri'), habits);
    case 'resources/subscribe':
    case 'resources/unsubscribe':
      return touch('watch', member(params, 'uri'), habits);
    case 'subscriptions/listen': {
      record({ kind: 'method', method, params });
      const uris = member(member(params, 'notifications'), 'resourceSubscriptions');
      if (Array.isArray(uris)) for (const uri of uris as unknown[]) touch('watch', uri, habits);
      return undefined;
    }
    case 'completion/complete':
      return complete(params, habits);
    default:
      if (/^tasks\/(?:get|update|cancel|result)$/.test(method)) {
        return record({ kind: 'task', id: member(params, 'taskId') });
      }
      return record({ kind: 'method', method, params: argumentsOf(params, member) });
  }
}

function touch(kind: 'resource' | 'watch', uri: unknown, { readUri }: Habits): void {
  if (typeof uri !== 'string') return;
  const path = readUri(uri);
  if (path !== undefined) record({ kind, uri, path });
}

function complete(params: Message, { member, readUri }: Habits): void {
  const ref = member(params, 'ref');
  const type = member(ref, 'type');
  const name = member(ref, type === 'ref/prompt' ? 'name' : 'uri');
  if (typeof name !== 'string' || (type !== 'ref/prompt' && type !== 'ref/resource')) return;
  const args = argumentsOf(member(member(params, 'context'), 'arguments'), member);
  const isUri = type === 'ref/resource' && !name.includes('{');
  const of = isUri ? readUri(name) : name;
  if (of !== undefined) record({ kind: 'complete', of, args });
}

/** What the oracle looks at, read as this server reads. */
function argumentsOf(given: unknown, member: Habits['member']): unknown {
  if (!isObject(given)) return undefined;
  const read = (value: unknown, names: readonly string[]): object =>
    Object.fromEntries(
      names.flatMap((name) => {
        const found = member(value, name);
        return found === undefined ? [] : [[name, found]];
      }),
    );
  const filter = member(given, 'filter');
  return {
    ...read(given, ['id', 'to', 'ids', 'topic']),
    ...(isObject(filter) && { filter: read(filter, ['owner']) }),
  };
}

function plain(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

function assigned(value: Message): Message {
  const copy: Record<string, unknown> = {};
  for (const [name, part] of Object.entries(value)) copy[name] = part;
  return copy;
}

function isObject(value: unknown): value is Message {
  return typeof value === 'object' && value !== null;
}
