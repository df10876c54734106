/**
 * Records which members of a call's arguments its rule reads. An upstream that ignores the case of names
 * (Go's encoding/json, .NET, Jackson by option) may find other members under these names.
 *
 * @module
 */
import type { Auth } from '@scopegate/core';
import { foldName, isObject } from './member-names.js';
import { hasRounded } from './rounded-numbers.js';

/** The member names that a rule read of one object. */
interface Reads {
  /** Names that the rule read, present or not. */
  readonly names: Set<string>;
  /** Names that the rule read before it listed all names. */
  known: ReadonlySet<string> | undefined;
}

/** The reads of each object. The keys are objects of the message itself, not views of them. */
type ReadLog = Map<object, Reads>;

/** The reads of each request. The key is its `auth`, because each request has an `auth` of its own. */
const logs = new WeakMap<Auth, ReadLog>();

/** Returns a view of the arguments that records every member that a rule reads. */
export function recordReads(args: unknown, auth: Auth): unknown {
  const log: ReadLog = logs.get(auth) ?? new Map<object, Reads>();
  logs.set(auth, log);
  return new Recorder(log).view(args);
}

/**
 * Describes why an upstream may read other arguments than the rules of the request did; `undefined` if it
 * cannot, or if no rule read an argument.
 *
 * @param text - the message that was parsed
 * @param exactNames - whether the upstream compares names exactly
 */
export function misreadArgument(
  auth: Auth | undefined,
  text: string,
  exactNames: boolean,
): string | undefined {
  const numbers = new Set<number>();
  for (const [part, reads] of (auth && logs.get(auth)) ?? []) {
    const problem =
      misreadValue(part, reads, numbers) ?? (exactNames ? undefined : misreadName(part, reads));
    if (problem !== undefined) return problem;
  }
  return hasRounded(numbers, text)
    ? 'A number that decides has more digits than are read exactly'
    : undefined;
}

class Recorder {
  readonly #log: ReadLog;
  /** The view of each object. There is only one, so that two reads of a member return the same object. */
  readonly #views = new Map<object, object>();

  constructor(log: ReadLog) {
    this.#log = log;
  }

  view(value: unknown): unknown {
    if (!isObject(value)) return value;
    const view = this.#views.get(value) ?? this.#recording(value);
    this.#views.set(value, view);
    return view;
  }

  #recording(original: object): object {
    const reads = this.#log.get(original) ?? { names: new Set<string>(), known: undefined };
    this.#log.set(original, reads);
    const read = (name: string | symbol): void => {
      if (typeof name === 'string') reads.names.add(name);
    };
    // The proxy is that of a copy, because the proxy of a frozen object cannot return views of its members.
    const copy = Array.isArray(original) ? [...(original as unknown[])] : { ...original };
    return new Proxy<object>(copy, {
      get: (target, name, receiver) => {
        read(name);
        const value: unknown = Reflect.get(target, name, receiver);
        return Object.hasOwn(target, name) ? this.view(value) : value;
      },
      has: (target, name) => {
        read(name);
        return Reflect.has(target, name);
      },
      getOwnPropertyDescriptor: (target, name) => {
        read(name);
        const found = Reflect.getOwnPropertyDescriptor(target, name);
        return found?.configurable === true ? { ...found, value: this.view(found.value) } : found;
      },
      ownKeys: (target) => {
        reads.known ??= new Set(reads.names);
        return Reflect.ownKeys(target);
      },
    });
  }
}

/**
 * Describes a number beyond 2^53 - 1, or a text with half of a surrogate pair, that a rule read. Other parsers
 * may change them (RFC 7493 s2.1, s2.2). Adds every other number that a rule read to `numbers`.
 */
function misreadValue(part: object, { names }: Reads, numbers: Set<number>): string | undefined {
  for (const name of names) {
    const value: unknown = Object.hasOwn(part, name)
      ? (part as Record<string, unknown>)[name]
      : undefined;
    if (typeof value === 'number') {
      if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
        return 'A number that decides is too large to be read exactly';
      }
      numbers.add(value);
    }
    if (typeof value === 'string' && /\p{Surrogate}/u.test(value)) {
      return 'A text that decides is not Unicode';
    }
  }
  return undefined;
}

function misreadName(part: object, { names, known }: Reads): string | undefined {
  if (Array.isArray(part)) return undefined;
  const given = Object.keys(part);
  const folded = new Set(given.map(foldName));
  if (folded.size < given.length) return 'Two arguments differ only in case';
  for (const name of names) {
    if (!Object.hasOwn(part, name) && folded.has(foldName(name))) {
      return 'An argument is spelt in another case';
    }
  }
  // A rule that lists all names may look for any of them, so every name must be unambiguous.
  const isUnsure = (name: string): boolean => !known?.has(name) && name !== foldName(name);
  return known !== undefined && given.some(isUnsure)
    ? 'The rule lists the arguments, so their names must be in lower case'
    : undefined;
}
