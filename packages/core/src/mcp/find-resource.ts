/**
 * Rules for what touches resources, be it one, several, or all of a template; and for completions,
 * which tell of what they complete.
 *
 * @module
 */
import { allOf, compileRule, unknownFact } from '../policy/index.js';
import type { CompiledRule, Fault, Rule, RulePart } from '../policy/index.js';
import { ownMember } from '../values.js';
import { byEachName, found, unnamed } from './found.js';
import type { Found, RuleTable } from './found.js';
import { invalid, isObject } from './read-message.js';
import type { Message } from './read-message.js';
import { namesOf } from './uri-readings.js';

const OTHER_SPELLING =
  'A resource URI is not in normal form, or could be read as that of another resource';

export function byRequiredUri(method: string, message: Message, table: RuleTable): Found | Fault {
  const { params, id } = message;
  const uri = ownMember(params, 'uri');
  if (typeof uri !== 'string') return invalid('params.uri is not a string', id);
  return byUri(method, uri, table) ?? invalid(OTHER_SPELLING, id);
}

function byUri(method: string, uri: string, { resources }: RuleTable): Found | undefined {
  const match = resources.find(uri);
  if (match === undefined) return undefined;
  const { key, rule } = match;
  const resource = found(method, uri, key ?? 'This resource', rule, key && `resources/read ${key}`);
  // Whoever wrote this very key knows how it is spelt.
  if (!rule.dynamic || key === uri) return resource;
  const names = namesOf(uri);
  return names && { ...resource, parts: byEachName(names, resource) };
}

/** A subscription needs what each of the resources it asks for needs. */
export function listen(method: string, message: Message, table: RuleTable): Found | Fault {
  const { params, id } = message;
  const { protocol, maxSubscriptions } = table;
  const asked = ownMember(params, 'notifications');
  const uris = isObject(asked) ? ownMember(asked, 'resourceSubscriptions') : undefined;
  const floor = found(method, undefined, 'This subscription', protocol, method, params);
  if (uris === undefined) return floor;
  if (!Array.isArray(uris)) return invalid('resourceSubscriptions is not a list', id);
  // Each of them is judged by itself.
  if (uris.length > maxSubscriptions) {
    return invalid(`resourceSubscriptions holds more than ${maxSubscriptions} URIs`, id);
  }
  const parts: RulePart[] = [floor];
  for (const uri of new Set(uris as unknown[])) {
    if (typeof uri !== 'string') return invalid('resourceSubscriptions holds no string', id);
    const resource = byUri(method, uri, table);
    if (resource === undefined) return invalid(OTHER_SPELLING, id);
    parts.push(...(resource.parts ?? [resource]));
  }
  return { ...floor, ...allParts(parts, 'resourceSubscriptions') };
}

/** A completion tells of what it completes: the prompt or resource it refers to decides. */
export function completion(method: string, message: Message, table: RuleTable): Found | Fault {
  const { params, id } = message;
  const ref = ownMember(params, 'ref');
  if (!isObject(ref)) return invalid('params.ref is not an object', id);
  const type = ownMember(ref, 'type');
  const name = ownMember(ref, 'name');
  const uri = ownMember(ref, 'uri');
  if (type === 'ref/prompt' && typeof name === 'string') {
    if (!isCompletion(params)) {
      return invalid('params.argument or params.context is malformed', id);
    }
    const known = table.prompts.get(name);
    const rule = known ?? table.otherPrompts;
    const label = known === undefined ? 'This prompt' : name;
    const entry = known === undefined ? undefined : `prompts/get ${name}`;
    // A copy costs as much as parsing did: only what is asked per request reads it.
    const args = rule.dynamic ? completedArguments(params) : undefined;
    return found(method, name, label, rule, entry, args);
  }
  if (type !== 'ref/resource' || typeof uri !== 'string') {
    return invalid('params.ref names neither a prompt nor a resource', id);
  }
  return uri.includes('{')
    ? byTemplate(method, uri, table)
    : (byUri(method, uri, table) ?? invalid(OTHER_SPELLING, id));
}

function isCompletion(params: Message['params']): boolean {
  const argument = ownMember(params, 'argument');
  const context = ownMember(params, 'context');
  const given = ownMember(context, 'arguments');
  return (
    (argument === undefined || typeof ownMember(argument, 'name') === 'string') &&
    [context, given].every((part) => part === undefined || isObject(part))
  );
}

/**
 * The arguments as `prompts/get` would give them. The one that is being completed has no value yet:
 * what the client typed so far is none.
 */
function completedArguments(params: Message['params']): object {
  const name = ownMember(ownMember(params, 'argument'), 'name');
  const args = { ...(ownMember(ownMember(params, 'context'), 'arguments') as object | undefined) };
  if (typeof name !== 'string') return args;
  return Object.defineProperty(args, name, {
    enumerable: true,
    get: () => unknownFact(`args.${name}`),
  });
}

/** The reference is a template's text; which URI will come of it nobody knows. */
function byTemplate(method: string, template: string, { resources }: RuleTable): Found {
  const [first, ...others] = resources.ofTemplate(template);
  const { key, rule } = first;
  const label = key ?? 'This resource';
  const operation = unnamed(method);
  return {
    ...found(method, template, label, rule, key && `resources/read ${key}`),
    ...allParts(
      [first, ...others].map((match) => ({ rule: match.rule, operation })),
      'resources',
    ),
  };
}

/** One rule of all parts. Where nothing is known per request only, no part needs to be asked. */
function allParts(parts: readonly RulePart[], path: string): Pick<Found, 'rule' | 'parts'> {
  // A set: many URIs may fall under a few rules.
  const rules = new Set(parts.map(({ rule }) => rule));
  const [only, ...others] = [...rules] as [CompiledRule, ...CompiledRule[]];
  const rule =
    others.length === 0
      ? only
      : compileRule(allOf(...([...rules].map((one) => one.rule) as [Rule])), undefined, path);
  return { rule, parts: rule.dynamic ? parts : undefined };
}
