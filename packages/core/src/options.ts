/**
 * Checks of options. They throw a `TypeError` whose message begins with the option's path.
 *
 * @module
 */
import { isObject, ownMember } from './values.js';

/** @throws {@link TypeError} unless `holds` is true */
export function expect(holds: boolean, path: string, message: string): asserts holds {
  if (!holds) throw new TypeError(`${path}: ${message}`);
}

/** The kind of an option: a type, or a list of strings. `any` is checked where it is used. */
export type Kind =
  | ('any' | 'a boolean' | 'a function' | 'a list' | 'a string' | 'an object')
  | NumberKind
  | readonly string[];

/** A finite number within bounds, both of them allowed. */
export interface NumberKind {
  readonly min: number;
  readonly max: number;
  /** For error messages: `milliseconds`, `bytes`. */
  readonly unit: string;
  /** Whether it must be an integer. */
  readonly integer?: boolean;
}

/** The longest time that a timer of Node and of browsers can wait, in milliseconds. */
export const MAX_TIMER: number = 2 ** 31 - 1;

/** A waiting time. Zero and infinity are refused. */
export const MILLISECONDS: NumberKind = { min: 1, max: MAX_TIMER, unit: 'milliseconds' };

/** A size. The limit is what one string or buffer can have in every runtime. */
export const BYTES: NumberKind = { min: 1, max: 2 ** 29, unit: 'bytes' };

/** RFC 9111 s1.2.2: larger values overflow in caches and browsers. */
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
 * Reads options by a table of their names, kinds and defaults. It reads own members only, and every
 * option is an own member of the result, also if it is not set, so that no prototype can supply one.
 *
 * @param path - the path of the options; `''` for options at the top
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
    expect(Object.hasOwn(table, name), pathTo(name), 'unknown option');
  }
  const rows = Object.entries<readonly [kind: Kind, otherwise?: unknown]>(table);
  const members = rows.map(([name, [kind, otherwise]]) => {
    const value = ownMember(options, name);
    if (value !== undefined) checkKind(value, pathTo(name), kind);
    return [name, value === undefined ? otherwise : value] as const;
  });
  return Object.fromEntries(members) as Read<T, Defaulted>;
}

/** @throws {@link TypeError} unless the value is of the kind */
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
    // A string from the environment would pass a comparison, and concatenate in a sum.
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

/** The spelling on the wire: `resourceMetadata` is `resource_metadata`. */
export function wireName(option: string): string {
  return option.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
