/**
 * Reading JSON that somebody else wrote.
 *
 * @module
 */

/** The parsed value, `undefined` for everything that is no JSON text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A member of the object itself, if there is one: a prototype's is nobody's. */
export function own(object: unknown, name: string): unknown {
  return isObject(object) && Object.hasOwn(object, name) ? object[name] : undefined;
}

/** {@link own}, if it is a string. */
export function ownText(object: unknown, name: string): string | undefined {
  const value = own(object, name);
  return typeof value === 'string' ? value : undefined;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
