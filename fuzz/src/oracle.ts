/**
 * Which caller may run which operation, written again as plain functions over what really ran. It
 * shares no code with the library.
 *
 * @module
 */
import type { Run } from './record.js';
import type { Caller } from './tokens.js';

type Held = ReadonlySet<string>;
type Need = (held: Held) => boolean;

const read: Need = (held) => held.has('notes:read');
const write: Need = (held) => held.has('notes:write');
const admin: Need = (held) => held.has('admin:notes');
const audit: Need = (held) => held.has('audit:read');
const anyToken: Need = () => true;
const nobody: Need = () => false;

/** Whether this caller may have caused this run below this path. */
export function mayRun(run: Run, caller: Caller, mountPath: string): boolean {
  switch (caller.kind) {
    case 'invalid':
      return false;
    case 'nobody':
      return mountPath === '/open' && isPublic(run);
    case 'known':
      return needOf(run, mountPath)(caller.scopes);
  }
}

function isPublic(run: Run): boolean {
  if (run.kind === 'tool') return run.name === 'hello';
  return run.kind === 'entered' || (run.kind === 'method' && isProtocol(run.method));
}

function needOf(run: Run, mountPath: string): Need {
  const otherwise = mountPath === '/loose' ? read : nobody;
  // The server's own tools, prompts and resources have the rules; the gate in front asks for a token.
  if (mountPath === '/inner' && !HAVE_CHALLENGE.includes(run.kind)) return anyToken;
  switch (run.kind) {
    case 'entered':
      return anyToken;
    case 'tool':
      if (run.name === 'hello' && mountPath === '/open') return anyToken;
      // The server has no rule for it, and takes its strictest one.
      if (run.name === 'hello' && mountPath === '/inner') return admin;
      return ofTool(run.name, run.args) ?? otherwise;
    case 'prompt':
      return ofPrompt(run.name, run.args) ?? otherwise;
    case 'resource':
      // The rule belongs to the registration, which the SDK chooses.
      if (mountPath === '/inner' && run.key !== 'notes://{id}') {
        return ofResource(run.key ?? '') ?? otherwise;
      }
      return ofResource(run.path) ?? otherwise;
    case 'watch':
      // `subscriptions/listen` also runs as a method, with the rule of the floor.
      return ofResource(run.path) ?? otherwise;
    case 'complete':
      if (run.of.includes('://')) return ofTemplate(run.of) ?? otherwise;
      return ofPrompt(run.of, run.args) ?? otherwise;
    case 'task':
      return ofTask(run.id);
    case 'method':
      if (isProtocol(run.method)) return mountPath === '/floor' ? read : anyToken;
      // Methods of tasks that no revision knows have the rule of all tasks.
      if (run.method.startsWith('tasks/')) return ofTask(member(run.params, 'taskId'));
      return ofMethod(run.method, run.params) ?? otherwise;
    case 'route':
      return ofRoute(run.method, run.path);
  }
}

const HAVE_CHALLENGE = ['tool', 'prompt', 'resource'];

function ofTool(name: string, args: unknown): Need | undefined {
  switch (name) {
    case 'read_notes':
      return read;
    case 'add_note':
      return write;
    case 'admin_purge':
      return admin;
    case 'audit':
      return audit;
    case 'combine':
      return (held) => read(held) && audit(held);
    case 'either':
      return (held) => audit(held) || write(held);
    case 'read_one':
      return member(args, 'id') === 'secret' ? admin : read;
    case 'read_open':
      return member(args, 'id') === 'public' ? anyToken : admin;
    case 'send':
      return member(args, 'to') === 'all' ? nobody : read;
    case 'filter':
      return member(member(args, 'filter'), 'owner') === 'boss' ? admin : read;
    case 'pick': {
      const ids = member(args, 'ids');
      return Array.isArray(ids) && ids.includes('secret') ? admin : read;
    }
    default:
      return undefined;
  }
}

function ofPrompt(name: string, args: unknown): Need | undefined {
  if (name === 'greet') return read;
  if (name === 'brief') return member(args, 'topic') === 'secret' ? admin : read;
  return undefined;
}

/** By the thing that was read, however its URI was spelt. */
function ofResource(path: string): Need | undefined {
  if (path === 'notes://hidden' || path === 'notes://veiled') return admin;
  if (path === 'notes://x') return anyToken;
  if (path === 'file:///docs/secret.txt') return admin;
  if (/^db:\/\/secrets\/[^/]+$/.test(path)) return admin;
  return /^(?:notes:\/\/[^/]+|file:\/\/\/docs\/[^/]+|db:\/\/[^/]+\/[^/]+)$/.test(path)
    ? read
    : undefined;
}

/** A template's variable is completed for the template, whatever the variable is called. */
function ofTemplate(of: string): Need | undefined {
  // Any resource of it, except those that have a rule of their own.
  return ofResource(of);
}

function ofTask(id: unknown): Need {
  return id === 't-secret' ? admin : read;
}

function ofMethod(method: string, params: unknown): Need | undefined {
  if (method === 'notes/burn') return admin;
  if (method === 'notes/peek') return member(params, 'id') === 'secret' ? admin : read;
  return undefined;
}

const PROTOCOL = [
  ...['initialize', 'ping', 'server/discover', 'logging/setLevel', 'subscriptions/listen'],
  ...['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'],
];

function isProtocol(method: string): boolean {
  return PROTOCOL.includes(method) || method.startsWith('notifications/');
}

/** `path` is a path, or a route's own pattern. */
function ofRoute(method: string, path: string): Need {
  if (path === '/admin') return admin;
  const verb = method === 'HEAD' ? 'GET' : method;
  if (verb === 'GET') {
    if (path === '/notes/secret') return admin;
    if (/^\/files\/admin\/[^/]+$/.test(path)) return admin;
    return /^\/(?:[^/]+|notes\/[^/]+|files\/[^/]+\/[^/]+)$/.test(path) ? read : nobody;
  }
  if (verb === 'POST' && path === '/notes') return write;
  if (/^\/notes\/[^/]+$/.test(path)) {
    if (verb === 'POST' || verb === 'PUT') return write;
    if (verb === 'DELETE') return admin;
  }
  return nobody;
}

/** As a handler reads it, the prototype's members included. */
function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
