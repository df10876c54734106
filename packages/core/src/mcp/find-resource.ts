/**
 * Finds the rules of methods that name one resource, several resources or a template, and of
 * completions.
 *
 * @module
 */
import { allOf, compileRule, unknownFact } from '../policy/index.js';
import type { CompiledRule, Fault, MatchedOperation, Rule, RulePart } from '../policy/index.js';
import { ownMember } from '../values.js';
import { partsByName, toMatchedOperation, unnamedOperation } from './matched-operation.js';
import type { Lookup, Match } from './matched-operation.js';
import { invalid, isJsonObject } from './read-message.js';
import type { Message } from './read-message.js';
import type { ResourceRule } from './resource-rules.js';
import { namesOf } from './uri-readings.js';

export function byRequiredUri(lookup: Lookup): MatchedOperation | Fault {
  const uri = ownMember(lookup.message.params, 'uri');
  if (typeof uri !== 'string') return invalid('params.uri is not a string', lookup.message.id);
  return byUri(lookup, uri);
}

function byUri(lookup: Lookup, uri: string): MatchedOperation | Fault {
  const resource = lookup.table.resources.find(uri);
  if (resource === undefined) return otherSpelling(lookup);
  const match = toMatch(uri, resource);
  const matched = toMatchedOperation(lookup, match);
  // If the URI equals a key, the rule is evaluated for the URI as it was sent only.
  if (!match.rule.dynamic || resource.key === uri) return matched;
  const names = namesOf(uri);
  return names === undefined
    ? otherSpelling(lookup)
    : toMatchedOperation(lookup, { ...match, parts: partsByName(names, matched) });
}

function toMatch(name: string, { key, rule }: ResourceRule): Match {
  return { name, label: key ?? 'This resource', rule, entry: key && `resources/read ${key}` };
}

function otherSpelling({ message }: Lookup): Fault {
  const text = 'A resource URI is not in normal form, or could be read as that of another resource';
  return invalid(text, message.id);
}

/** Finds the rule of `subscriptions/listen`: `floor`, and the rules of all resources that it names. */
export function listen(lookup: Lookup, method: string): MatchedOperation | Fault {
  const { params, id } = lookup.message;
  const { floor, maxSubscriptions } = lookup.table;
  const asked = ownMember(params, 'notifications');
  const uris = isJsonObject(asked) ? ownMember(asked, 'resourceSubscriptions') : undefined;
  const match = { label: 'This subscription', rule: floor, entry: method, args: params };
  const subscription = toMatchedOperation(lookup, match);
  if (uris === undefined) return subscription;
  if (!Array.isArray(uris)) return invalid('resourceSubscriptions is not a list', id);
  // The number of URIs is limited, because the rule of each one is evaluated.
  if (uris.length > maxSubscriptions) {
    return invalid(`resourceSubscriptions holds more than ${maxSubscriptions} URIs`, id);
  }
  const parts: RulePart[] = [subscription];
  for (const uri of new Set(uris as unknown[])) {
    if (typeof uri !== 'string') return invalid('resourceSubscriptions holds no string', id);
    const resource = byUri(lookup, uri);
    if (resource.kind === 'fault') return resource;
    parts.push(...(resource.parts ?? [resource]));
  }
  return toMatchedOperation(lookup, { ...match, ...allParts(parts, 'resourceSubscriptions') });
}

/**
 * Finds the rule of a completion: that of the prompt or resource to which it refers, because the completion
 * discloses data of that prompt or resource.
 */
export function completion(lookup: Lookup, method: string): MatchedOperation | Fault {
  const { params, id } = lookup.message;
  const ref = ownMember(params, 'ref');
  if (!isJsonObject(ref)) return invalid('params.ref is not an object', id);
  const type = ownMember(ref, 'type');
  const name = ownMember(ref, 'name');
  const uri = ownMember(ref, 'uri');
  if (type === 'ref/prompt' && typeof name === 'string') {
    if (!isCompletion(params)) {
      return invalid('params.argument or params.context is malformed', id);
    }
    const { prompts, otherPrompts } = lookup.table;
    const known = prompts.get(name);
    const rule = known ?? otherPrompts;
    // Only functions and conditions read the arguments, and copying them costs as much as parsing them.
    const args = rule.dynamic ? completedArguments(params) : undefined;
    return known === undefined
      ? toMatchedOperation(lookup, { name, label: 'This prompt', rule, args })
      : toMatchedOperation(lookup, { name, label: name, rule, entry: `prompts/get ${name}`, args });
  }
  if (type !== 'ref/resource' || typeof uri !== 'string') {
    return invalid('params.ref names neither a prompt nor a resource', id);
  }
  return uri.includes('{') ? byTemplate(lookup, method, uri) : byUri(lookup, uri);
}

function isCompletion(params: Message['params']): boolean {
  const argument = ownMember(params, 'argument');
  const context = ownMember(params, 'context');
  const given = ownMember(context, 'arguments');
  return (
    (argument === undefined || typeof ownMember(argument, 'name') === 'string') &&
    [context, given].every((part) => part === undefined || isJsonObject(part))
  );
}

/**
 * Returns the arguments of a completion in the form of `prompts/get`. Reading the argument that is being
 * completed throws: its value is not known, because the user has typed only a part of it.
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

/** Finds the rules for a completion of a resource template, whose URI is not known yet. */
function byTemplate(lookup: Lookup, method: string, template: string): MatchedOperation {
  const resources = lookup.table.resources.ofTemplate(template);
  const operation = unnamedOperation(method);
  const parts = resources.map(({ rule }) => ({ rule, operation }));
  return toMatchedOperation(lookup, {
    ...toMatch(template, resources[0]),
    ...allParts(parts, 'resources'),
  });
}

/**
 * Combines the rules of all parts into one. A static rule gets no parts, because it reads no facts of
 * the request.
 */
function allParts(parts: readonly RulePart[], path: string): Pick<Match, 'rule' | 'parts'> {
  // Many URIs may have the same rule, so each rule is taken once.
  const rules = new Set(parts.map(({ rule }) => rule));
  const [only, ...others] = [...rules] as [CompiledRule, ...CompiledRule[]];
  const rule =
    others.length === 0
      ? only
      : compileRule(allOf(...([...rules].map((one) => one.rule) as [Rule])), undefined, path);
  return { rule, parts: rule.dynamic ? parts : undefined };
}
