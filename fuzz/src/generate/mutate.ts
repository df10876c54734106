/**
 * Small changes of a document after which two readers may disagree about it.
 *
 * @module
 */
import type { Json } from '../json.js';
import { toJson, writeJson } from '../json.js';
import type { Random } from '../prng.js';

type ObjectJson = Extract<Json, { kind: 'object' }>;

/** Values that rules and handlers of this fuzzer tell apart, and values of a wrong type. */
const VALUES: readonly unknown[] = [
  ...['secret', 'public', 'all', 'me', 'boss', 'admin_purge', 'read_notes', 'read_one'],
  ...['notes://hidden', 'notes://x', 'file:///docs/secret.txt', 't-secret', 'tools/call', '2.0'],
  ...[null, true, 0, -1, '', [], {}, ['secret'], [['secret']], { id: 'secret' }],
  ...[{ owner: 'boss' }, { name: 'admin_purge' }, { arguments: { id: 'secret' } }],
  ...[{ uri: 'notes://hidden' }, { topic: 'secret' }, { toString: 'secret' }],
];
const RAW = ['1e400', '-0', '1E+2', '9007199254740993', '0.1e1', '1.0'];
const PROTO = ['__proto__', 'constructor', 'prototype', '__PROTO__'];
const NAMES = [
  ...['method', 'params', 'id', 'jsonrpc', 'result', 'error', 'name', 'arguments', 'uri', 'to'],
  ...['_meta', 'ref', 'context', 'argument', 'notifications', 'resourceSubscriptions', 'taskId'],
  ...['filter', 'owner', 'ids', 'topic', 'type'],
];

/** Changes the document in place, once; sometimes it becomes another one. */
export function mutate(root: Json, random: Random): Json {
  const objects = collect(root, (part) => part.kind === 'object') as ObjectJson[];
  const object = objects.length === 0 ? undefined : random.pick(objects);
  if (object === undefined || random.oneIn(20)) return wrapped(root, random);
  const { members } = object;
  const index = random.int(members.length || 1);
  const [name, value] = members[index] ?? [random.pick(NAMES), toJson(random.pick(VALUES))];
  switch (random.int(17)) {
    case 0: // The same member twice.
      members.splice(random.int(members.length + 1), 0, [name, other(value, random)]);
      break;
    case 1: // Some members move behind the prototype.
    case 14:
    case 15:
      hide(object, random);
      break;
    case 2: // One more comes from the prototype.
      members.push([random.pick(PROTO), toJson({ [random.pick(NAMES)]: random.pick(VALUES) })]);
      break;
    case 3: // A second one in another case.
      members.splice(random.int(members.length + 1), 0, [
        recase(name, random),
        other(value, random),
      ]);
      break;
    case 4: // The only one in another case.
      members[index] = [recase(name, random), value];
      break;
    case 5:
      members[index] = [name, other(value, random)];
      break;
    case 6:
      members.splice(index, 1);
      break;
    case 7:
      members.splice(random.int(members.length + 1), 0, [random.pick(NAMES), other(value, random)]);
      break;
    case 8: // A list where one value was.
      members[index] = [name, { kind: 'list', items: [value] }];
      break;
    case 9: // One level deeper, or one higher.
      if (value.kind === 'object' && random.oneIn(2)) members.splice(index, 1, ...value.members);
      else members[index] = [name, { kind: 'object', members: [[name, value]] }];
      break;
    case 10:
      members[index] = [name, retext(value, random)];
      break;
    case 11: // A response that is a request, too.
      (root.kind === 'object' ? root.members : members).push([
        random.pick(['result', 'error', 'id']),
        toJson(random.pick([{}, null, 1, 'a'])),
      ]);
      break;
    case 12: // Members of the message in its parameters, and the other way round.
      members.push(...structuredClone(random.pick(objects).members.filter(() => random.oneIn(3))));
      break;
    default:
      members.reverse();
  }
  return root;
}

function collect(json: Json, wanted: (part: Json) => boolean): Json[] {
  const parts =
    json.kind === 'object'
      ? json.members.map(([, value]) => value)
      : json.kind === 'list'
        ? json.items
        : [];
  return [...(wanted(json) ? [json] : []), ...parts.flatMap((part) => collect(part, wanted))];
}

function wrapped(root: Json, random: Random): Json {
  switch (random.int(4)) {
    case 0:
      return { kind: 'list', items: [root] };
    case 1:
      return { kind: 'list', items: [root, copy(root)] };
    case 2: {
      let deep: Json = toJson('x');
      for (let i = random.pick([10, 60, 99, 101, 300]); i > 0; i--) {
        deep = i % 2 === 0 ? { kind: 'list', items: [deep] } : toObject('a', deep);
      }
      if (root.kind === 'object') root.members.push(['deep', deep]);
      return root;
    }
    default:
      return toObject('__proto__', root);
  }
}

function toObject(name: string, value: Json): Json {
  return { kind: 'object', members: [[name, value]] };
}

function hide(object: ObjectJson, random: Random): void {
  const only = random.oneIn(2) ? random.int(object.members.length || 1) : undefined;
  const hidden = object.members.filter((_member, index) =>
    only === undefined ? random.oneIn(2) : index === only,
  );
  const kept = object.members.filter((member) => !hidden.includes(member));
  const proto: Json = { kind: 'object', members: hidden };
  const [first] = PROTO;
  const holder: [string, Json] = random.oneIn(8)
    ? ['constructor', toObject('prototype', proto)]
    : [String(first), proto];
  object.members = random.oneIn(2) ? [...kept, holder] : [holder, ...kept];
}

function other(value: Json, random: Random): Json {
  if (random.oneIn(8)) return { kind: 'scalar', text: random.pick(RAW) };
  return random.oneIn(3) ? copy(value) : toJson(random.pick(VALUES));
}

function copy(json: Json): Json {
  return structuredClone(json);
}

/** Another case, also where only Unicode's folding makes them equal. */
function recase(name: string, random: Random): string {
  switch (random.int(5)) {
    case 0:
      return name.toUpperCase();
    case 1:
      return name.replace(/k/i, '\u212a');
    case 2:
      return name.replace(/s/i, '\u017f');
    case 3:
      return name + random.pick(['\u0000', ' ', '\u200b', '']);
    default:
      return name.slice(0, 1).toUpperCase() + name.slice(1);
  }
}

/** Another text, where it is one. */
function retext(value: Json, random: Random): Json {
  if (value.kind !== 'scalar' || !value.text.startsWith('"')) return copy(value);
  const text = JSON.parse(value.text) as string;
  return toJson(
    random.pick([
      ...[text.toUpperCase(), `${text} `, `${text}\u0000`, ` ${text}`, recase(text, random)],
      ...[`${text}/`, text.replace('_', '-'), `${text}\u200b`, text.normalize('NFKD')],
    ]),
  );
}

/** Spells some characters of strings as escapes: the same document in other bytes. */
export function writeEscaped(json: Json, random: Random): string {
  return writeJson(json, (text) =>
    JSON.stringify(text).replaceAll(/[a-z_/]/g, (char) =>
      random.oneIn(4) ? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}` : char,
    ),
  );
}
