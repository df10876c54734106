/**
 * Checks and copies data that other code made.
 *
 * @module
 */

/** Whether the value is an object or an array. */
export function isObject(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return typeof value === 'object' && value !== null;
}

/**
 * Whether the value has an own member of this name, to narrow a union. The operator `in` would also find
 * members of polluted prototypes.
 */
export function has<T extends object, Name extends PropertyKey>(
  value: T,
  name: Name,
): value is Extract<T, { readonly [N in Name]: unknown }> {
  return Object.hasOwn(value, name);
}

/** Returns an own member, else `undefined`, so that a polluted prototype cannot supply a value. */
export function ownMember(value: unknown, name: PropertyKey): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** Returns an own member if it is a string, else `undefined`. */
export function ownText(value: unknown, name: PropertyKey): string | undefined {
  const member = ownMember(value, name);
  return typeof member === 'string' ? member : undefined;
}

/** Returns the parsed value, or `undefined` if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Returns a frozen copy of an object without the members that are `undefined`. */
export function present<T extends object>(members: T): { readonly [Name in keyof T]: T[Name] } {
  // `fromEntries` defines members. An assignment would fail if a polluted prototype has a read-only member.
  const defined = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.freeze(Object.fromEntries(defined)) as T;
}

/** Freezes JSON data with all of its members, and returns it. */
export function freeze<T>(value: T): T {
  if (!isObject(value)) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}

/**
 * Whether an object in a JSON text has a member twice. Parsers differ in which of the two they keep (RFC 8259
 * s4), and `JSON.parse` drops the first one. Two spellings of a name (`"a"`, `"\u0061"`) are the same name.
 *
 * @param value - the result of parsing the text
 */
export function hasRepeatedMember(json: string, value: unknown): boolean {
  return colonsIn(json) !== membersIn(value);
}

/** Counts the members in a JSON text: each colon outside of strings belongs to one. */
function colonsIn(json: string): number {
  let count = 0;
  let quoted = false;
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code === 0x22) quoted = !quoted;
    else if (code === 0x5c) i++;
    else if (code === 0x3a && !quoted) count++;
  }
  return count;
}

/** Counts the members of all objects in parsed JSON, without recursion, since the sender chooses the depth. */
function membersIn(value: unknown): number {
  let count = 0;
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const part = pending.pop();
    if (!isObject(part)) continue;
    const isList = Array.isArray(part);
    const members: readonly unknown[] = isList ? part : Object.values(part);
    if (!isList) count += members.length;
    for (const member of members) if (isObject(member)) pending.push(member);
  }
  return count;
}

/** Maximum depth of a document. Deeper ones are refused, since handlers may process them recursively. */
export const MAX_DEPTH = 100;

/**
 * Whether every reader of a parsed JSON document finds the same members, and the document nests at most
 * {@link MAX_DEPTH} deep. It returns `false` for deeper documents, and for those that contain
 *
 * - an own `__proto__`: code that copies members by assignment (zod 4.0 to 4.3, `Object.assign`) makes it
 *   the prototype of the copy, which then has members that no rule has seen;
 * - an object whose prototype is data, which shows that code in front of the gate made such a copy;
 * - a `constructor` with a member `prototype`: a deep merge follows it to `Object.prototype`. One of the
 *   two names alone is an ordinary member, and tools use them.
 *
 * It is for the output of parsers. An instance of a class is accepted, whatever its prototype contains.
 */
export function isSelfContained(document: unknown): boolean {
  return !isObject(document) || isWhole(document, 1);
}

/** Checks a value recursively. With many small objects, this is twice as fast as a list of pending objects. */
function isWhole(value: object, depth: number): boolean {
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(value)) {
    for (const element of value as unknown[]) {
      if (isObject(element) && !isWhole(element, depth + 1)) return false;
    }
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  // The prototype of a class, in any realm, has a function as `constructor`, which JSON cannot express.
  const isPlain = prototype === Object.prototype || prototype === null;
  if (!isPlain && typeof ownMember(prototype, 'constructor') !== 'function') return false;
  for (const name in value) {
    const member: unknown = value[name as never];
    if (becomesPrototype(name, member)) return false;
    if (isObject(member) && !isWhole(member, depth + 1)) return false;
  }
  return true;
}

function becomesPrototype(name: string, member: unknown): boolean {
  if (name === '__proto__') return true;
  return name === 'constructor' && isObject(member) && Object.hasOwn(member, 'prototype');
}

/** Whether a parsed JSON document nests deeper than {@link MAX_DEPTH}. */
export function nestsTooDeep(document: unknown, depth = 0): boolean {
  if (!isObject(document)) return false;
  if (depth === MAX_DEPTH) return true;
  if (Array.isArray(document)) {
    for (const element of document as unknown[]) {
      if (isObject(element) && nestsTooDeep(element, depth + 1)) return true;
    }
    return false;
  }
  for (const name in document) {
    const member: unknown = document[name];
    if (isObject(member) && nestsTooDeep(member, depth + 1)) return true;
  }
  return false;
}
