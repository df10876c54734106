/**
 * What a verifier expects, as data, and its checks one by one: tools explain a refusal to a developer
 * with it. No decision depends on it.
 *
 * @module
 */
import type { Verifier } from './verifier.js';

/** What a token must say to be accepted. */
export interface VerifierExpectations {
  readonly issuers: readonly string[];
  /** `undefined`: the gate's resource. */
  readonly audiences: readonly string[] | undefined;
  /** What may stand beside an accepted audience; `undefined` for anything. */
  readonly exclusiveAudience: readonly string[] | undefined;
  /** Accepted `typ`, lower case, without `application/`; `undefined` for an absent one. */
  readonly types: readonly (string | undefined)[];
  readonly algorithms: readonly string[];
  /** Beside `iss`, `aud` and `exp`. */
  readonly requiredClaims: readonly string[];
  /** Seconds. */
  readonly clockTolerance: number;
  /** Until when a wrong audience is only reported; milliseconds since the epoch. */
  readonly observedUntil: number;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Runs the verifier's own checks but the signature's, all of them, for a gate's resource. */
  readonly check: (token: string, resource: string) => readonly CheckResult[];
}

export interface CheckResult {
  readonly name: string;
  readonly holds: boolean;
  /** Members of the token that make it fail, for checks of several. */
  readonly failed?: readonly string[];
}

/** The member that holds it: the same in all copies of this package. */
export const EXPECTATIONS: unique symbol = Symbol.for('scopegate.verifier.expectations');

/** Returns what the verifier expects; `undefined` if it has no such member. */
export function expectationsOf(
  verifier: Verifier & { readonly [EXPECTATIONS]?: VerifierExpectations },
): VerifierExpectations | undefined {
  return Object.hasOwn(verifier, EXPECTATIONS) ? verifier[EXPECTATIONS] : undefined;
}
