/**
 * The demo's assertions: what it says is only printed if it is so.
 *
 * @module
 */

import { inspect, isDeepStrictEqual } from 'node:util';

/** Something the demo claims did not happen. */
export class CheckError extends Error {
  override readonly name = 'CheckError';
}

export interface Checks {
  /** How many held so far. */
  readonly held: number;
  /**
   * @param what - the claim, as a noun: "scopes of the token"
   * @throws {@link CheckError} with what was expected and seen, unless both are deeply equal
   */
  equal(what: string, seen: unknown, expected: unknown): void;
}

export function createChecks(): Checks {
  let held = 0;
  return {
    get held() {
      return held;
    },
    equal(what, seen, expected) {
      if (!isDeepStrictEqual(seen, expected)) {
        throw new CheckError(`${what}\n  expected ${show(expected)}\n  saw      ${show(seen)}`);
      }
      held += 1;
    },
  };
}

function show(value: unknown): string {
  return inspect(value, { depth: 5, breakLength: 100 }).replaceAll('\n', '\n           ');
}
