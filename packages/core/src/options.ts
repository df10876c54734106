/**
 * Checks options. The checks throw a `TypeError` whose message begins with the option's path.
 *
 * @module
 */
import { isObject, ownMember } from './values.js';

/**
 * Checks a condition on an option.
 *
 * @throws {@link TypeError} with path and message unless `holds` is `true`
 */
export function expect(holds: boolean, path: string, message: string): asserts holds {
  if (!holds) throw new TypeError(`${path}: ${message}`);
}

/**
 * The kind of an option: a type, a range of numbers, or a list of the allowed strings. An option of kind `any`
 * is checked by the code that uses it.
 */
export type Kind =
  | ('any' | 'a boolean' | 'a function' | 'a list' | 'a string' | 'an object')
  | NumberKind
  | readonly string[];

/** A finite number from `min` to `max`; both bounds are allowed. */
export interface NumberKind {
  readonly min: number;
  readonly max: number;
  /** The unit in error messages, such as `milliseconds` or `bytes`. */
  readonly unit: string;
  /** Whether the number must be an integer. */
  readonly integer?: boolean;
}

/** The longest time that a timer of Node and of browsers can wait, in milliseconds. */
export const MAX_TIMER: number = 2 ** 31 - 1;

/** The kind of a waiting time. Zero and infinity are refused. */
export const MILLISECONDS: NumberKind = { min: 1, max: MAX_TIMER, unit: 'milliseconds' };

/** The kind of a size. The maximum is about the length of the longest string in V8 (2^29 - 24). */
export const BYTES: NumberKind = { min: 1, max: 2 ** 29, unit: 'bytes' };

/** The kind of seconds in a header. Larger values may overflow in caches and browsers (RFC 9111 s1.2.2). */
export const DELTA_SECONDS: NumberKind = {
  min: 0,
  max: 2 ** 31 - 1,
  unit: 'seconds',
  integer: true,
};

/** The result of {@link readOptions}: members with a default always have a value. */
export type Read<T, Defaulted extends keyof T> = Readonly<Required<Pick<T, Defaulted>>> & {
  readonly [Name in Exclude<keyof T, Defaulted>]: T[Name];
};

/**
 * Reads options according to a table of their names, kinds and defaults. It reads own members only, and every
 * option is an own member of the result, also if it is not set, so that no prototype can supply an option.
 *
 * @param path - the path of the options in error messages; `''` for options that are not inside of others
 * @throws {@link TypeError} naming the option
 */
export function readOptions<T extends object, Defaulted extends keyof T = never>(
  options: T,
  table: { readonly [Name in keyof T]-?: readonly [kind: Kind, otherwise?: T[Name]] },
  path: string,
): Read<T, Defaulted> {
  checkKind(options, path || 'options', 'an object');
  const pathTo = (name: string): string => (path === '' ? name : `${path}.${name}`);
  for (const name of Object.keys(options)) {
    expect(Object.hasOwn(table, name), pathTo(name), unknownOption(name, Object.keys(table)));
  }
  const rows = Object.entries<readonly [kind: Kind, otherwise?: unknown]>(table);
  const members = rows.map(([name, [kind, otherwise]]) => {
    const value = ownMember(options, name);
    if (value !== undefined) checkKind(value, pathTo(name), kind);
    return [name, value === undefined ? otherwise : value] as const;
  });
  return Object.fromEntries(members) as Read<T, Defaulted>;
}

/** Returns the message for an unknown option. It names the known option that is most like it, if one is. */
export function unknownOption(name: string, known: readonly string[]): string {
  const distances = known.map((one) => distanceOf(name.toLowerCase(), one.toLowerCase()));
  const near = Math.min(...distances);
  const hint = near === Infinity ? '' : `; did you mean ${known[distances.indexOf(near)]}?`;
  return `unknown option${hint}`;
}

/**
 * Returns the number of characters between the common beginning and the common end of two names; infinity if
 * they are too many for a misspelt name. A shorter name that only leaves characters out may leave out many.
 */
function distanceOf(name: string, known: string): number {
  const [shorter, longer] = name.length < known.length ? [name, known] : [known, name];
  let start = 0;
  while (start < shorter.length && shorter[start] === longer[start]) start++;
  let end = 0;
  while (end < shorter.length - start && shorter.at(-1 - end) === longer.at(-1 - end)) end++;
  const distance = longer.length - start - end;
  const isPart = start + end === shorter.length && shorter.length > 4;
  return isPart || (distance <= 2 && start + end > 2) ? distance : Infinity;
}

/**
 * Checks the kind of a value.
 *
 * @throws {@link TypeError} unless the value is of the kind
 */
export function checkKind(value: unknown, path: string, kind: Kind): void {
  expect(isOf(kind, value), path, `expected ${describeKind(kind)}`);
}

function describeKind(kind: Kind): string {
  if (typeof kind === 'string') return kind;
  if (!isNumberKind(kind)) return `one of ${kind.join(', ')}`;
  const { min, max, unit, integer } = kind;
  return `${integer === true ? 'an integer' : 'a number'} of ${unit} from ${min} to ${max}`;
}

function isNumberKind(kind: Kind): kind is NumberKind {
  return typeof kind === 'object' && !Array.isArray(kind);
}

function isOf(kind: Kind, value: unknown): boolean {
  if (isNumberKind(kind)) {
    // The type is checked first, because a string from the environment would pass the comparisons.
    if (typeof value !== 'number' || !(value >= kind.min && value <= kind.max)) return false;
    return kind.integer !== true || Number.isSafeInteger(value);
  }
  if (typeof kind !== 'string') return kind.includes(value as string);
  switch (kind) {
    case 'any':
      return true;
    case 'a list':
      return Array.isArray(value);
    case 'an object':
      return isObject(value);
    case 'a boolean':
    case 'a function':
    case 'a string':
      return kind === `a ${typeof value}`;
  }
}

/** Returns the name of an option in headers and documents: `resource_metadata` for `resourceMetadata`. */
export function wireName(option: string): string {
  return option.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * Checks that an option is an absolute URL. The error leaves out what stands before an `@`, which may be a
 * password.
 */
export function expectUrl(value: unknown, path: string): asserts value is string {
  const isUrl = typeof value === 'string' && URL.canParse(value);
  const shown = JSON.stringify(value)?.replace(/^.*@/s, '"');
  expect(isUrl, path, `${shown} is not an absolute URL`);
}
