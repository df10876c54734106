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
