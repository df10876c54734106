/**
 * Records which members of a call's arguments its rule reads. An upstream that ignores the case of names
 * (Go's encoding/json, .NET, Jackson by option) may find other members under these names.
 *
 * @module
 */
import type { Auth } from '@scopegate/core';
import { foldName, isObject } from './member-names.js';

/** The member names that a rule read of one object. */
interface Reads {
  /** Names that the rule read, present or not. */
  readonly names: Set<string>;
  /** Names that the rule read before it listed all names. */
  known: ReadonlySet<string> | undefined;
}

/** The keys are objects of the message itself, not views of them. */
type ReadLog = Map<object, Reads>;

/** Keyed by `auth`, because each request has its own. */
const logs = new WeakMap<Auth, ReadLog>();

/** Returns a view of the arguments that records every member that a rule reads. */
export function recordReads(args: unknown, auth: Auth): unknown {
  const log: ReadLog = logs.get(auth) ?? new Map<object, Reads>();
  logs.set(auth, log);
  return new Recorder(log).view(args);
}

/**
 * Says why an upstream may read other arguments than the request's rules did; `undefined` if it
 * cannot, or no rule read any.
 *
 * @param exactNames - whether the upstream compares names exactly
 */
export function misreadArgument(auth: Auth | undefined, exactNames: boolean): string | undefined {
  for (const [part, reads] of (auth && logs.get(auth)) ?? []) {
    const problem =
      misreadValue(part, reads) ?? (exactNames ? undefined : misreadName(part, reads));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

class Recorder {
  readonly #log: ReadLog;
  /** One view for each object, so that two reads of it give the same value. */
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
    // A proxy of the copy: one of a frozen object may not return views of its members.
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

/** Finds numbers and texts that another parser may change (RFC 7493 s2.1, s2.2). */
function misreadValue(part: object, { names }: Reads): string | undefined {
  for (const name of names) {
    const value: unknown = Object.hasOwn(part, name)
      ? (part as Record<string, unknown>)[name]
      : undefined;
    if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      return 'A number that decides is too large to be read exactly';
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
