/**
 * What a verifier expects, as data: for those who explain a refusal to a developer. Nothing is
 * decided by it.
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
}

/** Where a verifier says it. For all copies of this package alike. */
export const EXPECTATIONS: unique symbol = Symbol.for('scopegate.verifier.expectations');

/** What the verifier expects; `undefined` if it does not say. */
export function expectationsOf(
  verifier: Verifier & { readonly [EXPECTATIONS]?: VerifierExpectations },
): VerifierExpectations | undefined {
  return Object.hasOwn(verifier, EXPECTATIONS) ? verifier[EXPECTATIONS] : undefined;
}
