/**
 * JSON-RPC messages that a client would send, from which mutations start.
 *
 * @module
 */
import type { Random } from '../prng.js';

type Params = Readonly<Record<string, unknown>>;

const TOOLS: readonly (readonly [name: string, args: Params | undefined])[] = [
  ['read_notes', {}],
  ['add_note', { text: 'x' }],
  ['admin_purge', {}],
  ['audit', {}],
  ['combine', {}],
  ['either', {}],
  ['hello', undefined],
  ['read_one', { id: 'public' }],
  ['read_one', { id: 'secret' }],
  ['read_one', undefined],
  ['read_open', { id: 'public' }],
  ['read_open', { id: 'secret' }],
  ['send', { to: 'me' }],
  ['send', { to: 'all' }],
  ['filter', { filter: { owner: 'me' } }],
  ['filter', { filter: { owner: 'boss' } }],
  ['pick', { ids: ['a'] }],
  ['pick', { ids: ['a', 'secret'] }],
];

/** Those that a caller who may only read must not get to run. */
const SENSITIVE = TOOLS.filter(([name, args]) => {
  return name === 'admin_purge' || /secret|boss|all/.test(JSON.stringify(args ?? {}));
});

const PROMPTS: readonly (readonly [name: string, args: Params | undefined])[] = [
  ['greet', undefined],
  ['brief', { topic: 'weather' }],
  ['brief', { topic: 'secret' }],
];

export const URIS: readonly string[] = [
  ...['notes://hidden', 'notes://veiled', 'notes://x', 'notes://one'],
  ...['file:///docs/secret.txt', 'file:///docs/a.txt', 'db://secrets/1', 'db://notes/1'],
];

const TEMPLATES = [
  ...['notes://{id}', 'notes://{name}', 'file:///docs/{name}', 'file:///docs/{x}'],
  ...['db://{table}/{id}', 'db://secrets/{id}', 'db://{a}/{b}', 'other://{x}'],
];

const METHODS = [
  ...['initialize', 'ping', 'server/discover', 'tools/list', 'resources/templates/list'],
  ...['notifications/initialized', 'notifications/cancelled', 'logging/setLevel'],
  ...['notes/burn', 'notes/unknown', 'sampling/createMessage'],
];

const INITIALIZE = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'fuzz', version: '1' },
};

/** A method with its parameters, well-formed. */
export function operation(random: Random): { method: string; params: Params | undefined } {
  switch (random.int(12)) {
    case 0:
    case 1:
    case 2:
    case 3: {
      const [name, args] = random.pick(random.oneIn(2) ? SENSITIVE : TOOLS);
      return { method: 'tools/call', params: { name, ...(args && { arguments: args }) } };
    }
    case 4: {
      const [name, args] = random.pick(PROMPTS);
      return { method: 'prompts/get', params: { name, ...(args && { arguments: args }) } };
    }
    case 5:
      return { method: 'resources/read', params: { uri: spelling(random) } };
    case 6:
      return {
        method: random.pick(['resources/subscribe', 'resources/unsubscribe']),
        params: { uri: spelling(random) },
      };
    case 7: {
      const uris = Array.from({ length: random.int(4) }, () => spelling(random));
      return {
        method: 'subscriptions/listen',
        params: { notifications: { resourceSubscriptions: uris } },
      };
    }
    case 8:
      return { method: 'completion/complete', params: completion(random) };
    case 9:
      return {
        method: random.pick(['tasks/get', 'tasks/cancel', 'tasks/result', 'tasks/update']),
        params: { taskId: random.pick(['t-secret', 't-1']) },
      };
    case 10:
      return { method: 'notes/peek', params: { id: random.pick(['secret', 'public']) } };
    default: {
      const method = random.pick(METHODS);
      return { method, params: method === 'initialize' ? INITIALIZE : undefined };
    }
  }
}

function completion(random: Random): Params {
  const argument = {
    name: random.pick(['topic', 'id', 'name']),
    value: random.pick(['', 'secret']),
  };
  if (random.oneIn(2)) {
    const uri = random.oneIn(3) ? spelling(random) : random.pick(TEMPLATES);
    return { ref: { type: 'ref/resource', uri }, argument };
  }
  const given = { arguments: { topic: random.pick(['secret', 'weather']) } };
  return {
    ref: { type: 'ref/prompt', name: random.pick(['greet', 'brief']) },
    ...(random.oneIn(4) ? {} : { argument: { ...argument, name: 'topic' } }),
    ...(random.oneIn(4) ? {} : { context: given }),
  };
}

/** A URI, half of the time spelt in a way that some reader takes for the plain one. */
export function spelling(random: Random): string {
  const uri = random.pick(URIS);
  if (random.oneIn(2)) return uri;
  const at = uri.indexOf('://') + 3;
  const [scheme, rest] = [uri.slice(0, at), uri.slice(at)];
  const cut = random.int(rest.length);
  const char = rest[cut] ?? 'x';
  const escaped = `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  const replaced = (by: string): string =>
    `${scheme}${rest.slice(0, cut)}${by}${rest.slice(cut + 1)}`;
  switch (random.int(11)) {
    case 0:
    case 1:
      return replaced(random.oneIn(3) ? escaped.toUpperCase() : escaped);
    case 2:
      return replaced(char.toUpperCase());
    case 3:
      return scheme + rest.toUpperCase();
    case 4:
      return (
        uri +
        random.pick(['.', '%20', '%2e', '/', ';x', '?x', '#x', '%00', '%3bx', '%3fx', '..', '%23x'])
      );
    case 5:
      return scheme.toUpperCase() + rest;
    case 6:
      return (
        scheme + random.pick(['./', '%2e/', 'x/../', '/', '//', '%2f', '\\', 'localhost/']) + rest
      );
    case 7:
      return replaced(`%25${escaped.slice(1)}`);
    case 8:
      return replaced(random.pick(['\u017f', '\u212a', '\t', '%09', '\n', `${char};v=1`]));
    case 9:
      return `${random.pick([' ', '\t', '\u0000', ''])}${uri}${random.pick([' ', '\n', '\u0000', '\u200b'])}`;
    default:
      return (
        scheme +
        rest.replace('/', random.pick(['/./', '//', '%2F', '/x/../', ';a/', '/%2e/', '%5c']))
      );
  }
}
