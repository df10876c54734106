/**
 * Looking at values that others made.
 *
 * @module
 */

/** Whether it has members: an object or an array. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Own members only: a polluted prototype must not become a claim. */
export function own(value: unknown, name: PropertyKey): unknown {
  return isObject(value) && Object.hasOwn(value, name)
    ? (value as Record<PropertyKey, unknown>)[name]
    : undefined;
}

/** Freezes data as JSON has it, in depth. */
export function freeze<T>(value: T): T {
  if (!isObject(value)) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}

/** A frozen copy without the members that are `undefined`. */
export function present<T extends object>(members: T): { readonly [Name in keyof T]: T[Name] } {
  const copy: Partial<T> = {};
  for (const name in members) if (members[name] !== undefined) copy[name] = members[name];
  return Object.freeze(copy) as T;
}
