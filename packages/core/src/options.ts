/**
 * Checks of what an application configured: a `TypeError` whose message begins with the option's path.
 *
 * @module
 */
import { isObject, own } from './values.js';

/**
 * Refuses an option.
 *
 * @throws {@link TypeError} unless it holds
 */
export function expect(holds: boolean, path: string, message: string): asserts holds {
  if (!holds) throw new TypeError(`${path}: ${message}`);
}

/** What an option must be: of a kind, or one of several words. `any` is checked where it is used. */
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

/** A time to wait for something, in milliseconds: never nothing, never for ever. */
export const MILLISECONDS: NumberKind = { min: 1, max: MAX_TIMER, unit: 'milliseconds' };

/** A size that one string or buffer of every runtime can have. */
export const BYTES: NumberKind = { min: 1, max: 2 ** 29, unit: 'bytes' };

/** As RFC 9111 s1.2.2 has it: larger values overflow in caches and browsers. */
export const DELTA_SECONDS: NumberKind = {
  min: 0,
  max: 2 ** 31 - 1,
  unit: 'seconds',
  integer: true,
};

/** What is read by a table: every member, those that have a default with a value. */
export type Read<T, Defaulted extends keyof T> = Readonly<Required<Pick<T, Defaulted>>> & {
  readonly [Name in Exclude<keyof T, Defaulted>]: T[Name];
};

/**
 * Reads options by a table: their names are in it, and those that are given are of their kind. Looks at
 * own members only; all members of what it returns are its own, so that what is not set is not found on
 * a prototype either.
 *
 * @param path - of the options; `''` if their names stand by themselves
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
    const value = own(options, name);
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
