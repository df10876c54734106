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
 * For data as parsers make it: a tree. Instances of classes count as whole.
 */
export function isSelfContained(document: unknown): boolean {
  let level = [document];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === MAX_DEPTH) return false;
    const next: unknown[] = [];
    for (const value of level) {
      if (!isObject(value)) continue;
      if (Array.isArray(value)) {
        for (const element of value as unknown[]) if (isObject(element)) next.push(element);
        continue;
      }
      if (isCompleted(value)) return false;
      for (const member of Object.values(value)) if (isObject(member)) next.push(member);
    }
    level = next;
  }
  return true;
}

function isCompleted(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    Object.hasOwn(value, '__proto__') ||
    // The prototype of a class, of whatever realm, has a function there, which no JSON text can make.
    (prototype !== null &&
      prototype !== Object.prototype &&
      typeof own(prototype, 'constructor') !== 'function') ||
    own(own(value, 'constructor'), 'prototype') !== undefined
  );
}
