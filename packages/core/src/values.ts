/**
 * Looking at values that others made.
 *
 * @module
 */

/** Whether it has members: an object or an array. */
export function isObject(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Which of several shapes it is, told by a member of its own: `in` believes polluted prototypes. */
export function has<T extends object, Name extends PropertyKey>(
  value: T,
  name: Name,
): value is Extract<T, { readonly [N in Name]: unknown }> {
  return Object.hasOwn(value, name);
}

/** A member of the object itself, if there is one: a polluted prototype must not become a claim. */
export function own(value: unknown, name: PropertyKey): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** {@link own}, if it is a string. */
export function ownText(value: unknown, name: PropertyKey): string | undefined {
  const member = own(value, name);
  return typeof member === 'string' ? member : undefined;
}

/** The parsed value, `undefined` for everything that is no JSON text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A frozen copy of an object's own members without those that are `undefined`. */
export function present<T extends object>(members: T): { readonly [Name in keyof T]: T[Name] } {
  const copy: Record<string, unknown> = {};
  for (const name in members) {
    const value = own(members, name);
    if (value !== undefined) copy[name] = value;
  }
  return Object.freeze(copy) as T;
}

/** Freezes data as JSON has it, in depth. */
export function freeze<T>(value: T): T {
  if (!isObject(value)) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}

/**
 * Whether a JSON text has a member twice in one object: some readers take the first, some the last
 * (RFC 8259 s4), and `JSON.parse` hides it. Two spellings of one name (`"a"`, `"\u0061"`) are one.
 *
 * @param value - the text, parsed
 */
export function hasRepeatedMember(json: string, value: unknown): boolean {
  return colonsIn(json) !== membersIn(value);
}

/** Outside of strings, each stands for a member. */
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

/** A list instead of recursion, since the depth is the sender's to choose. */
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

/** Deeper documents are refused: what handles them may recurse. */
export const MAX_DEPTH = 100;

/**
 * Whether all that any reader finds in a JSON document are members of the object it looks at, and the
 * document nests at most {@link MAX_DEPTH} deep. It does not hold if somewhere in it stands
 *
 * - an own `__proto__`: whoever copies members by assignment (zod 4.0 to 4.3, `Object.assign`) makes it
 *   the prototype of the copy, which then has members that nobody judged;
 * - an object whose prototype is such data already: somebody in front made that copy;
 * - a `constructor` that holds a `prototype`: a deep merge follows it to the prototype of all objects.
 *   Either of these two names by itself is a member like any other, and tools use them.
 *
 * For data as parsers make it. Instances of classes count as whole, with what they hold.
 */
export function isSelfContained(document: unknown): boolean {
  return !isObject(document) || isWhole(document, 1);
}

/** Depth-first: on many small objects that is twice as fast as a list of what is left to do. */
function isWhole(value: object, depth: number): boolean {
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(value)) {
    for (const element of value as unknown[]) {
      if (isObject(element) && !isWhole(element, depth + 1)) return false;
    }
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  // The prototype of a class, of whatever realm, has a function there, which no JSON text can make.
  const isPlain = prototype === Object.prototype || prototype === null;
  if (!isPlain && typeof own(prototype, 'constructor') !== 'function') return false;
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

/** Whether a JSON document nests deeper than {@link MAX_DEPTH}. */
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
