/**
 * Members that a verifier function has beside its call. Only own members are read, since a polluted
 * prototype must not widen what a gate accepts.
 *
 * @module
 */
import { checkKind } from '../options.js';
import { CLOCK_TOLERANCE, DEFAULT_CLOCK_TOLERANCE } from './clock.js';
import type { Verifier } from './verifier.js';

/** Returns the verifier whose audiences and tolerance apply to the token. */
export function chosenFor(verifier: Verifier, token: string): Verifier {
  const choose = Object.hasOwn(verifier, 'choose') ? verifier.choose : undefined;
  return choose === undefined ? verifier : choose(token);
}

/** Returns the audiences of which a token's `aud` must name one. */
export function audiencesFor(verifier: Verifier, resource: string): readonly string[] {
  const audiences = Object.hasOwn(verifier, 'audiences') ? verifier.audiences : undefined;
  return [resource, ...(audiences ?? [])];
}

/**
 * Seconds of clock difference to forgive.
 *
 * @throws {@link TypeError} when the verifier has another value: a string would concatenate with `exp`
 */
export function clockToleranceOf(verifier: Verifier): number {
  const stated = Object.hasOwn(verifier, 'clockTolerance') ? verifier.clockTolerance : undefined;
  if (stated === undefined) return DEFAULT_CLOCK_TOLERANCE;
  checkKind(stated, 'verifier.clockTolerance', CLOCK_TOLERANCE);
  return stated;
}

/** What a verifier expects of a token. Tools explain refusals with it, and no decision depends on it. */
export interface VerifierExpectations {
  readonly issuers: readonly string[];
  /** `undefined`: the gate's resource. */
  readonly audiences: readonly string[] | undefined;
  /** Audiences that are allowed beside an accepted one; `undefined` for any. */
  readonly exclusiveAudience: readonly string[] | undefined;
  /** Accepted `typ`, lower case, without `application/`; `undefined` for an absent one. */
  readonly types: readonly (string | undefined)[];
  readonly algorithms: readonly string[];
  /** Beside `iss`, `aud` and `exp`. */
  readonly requiredClaims: readonly string[];
  /** Seconds. */
  readonly clockTolerance: number;
  /** Until when a wrong audience is accepted and reported; milliseconds since the epoch. */
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

/** The member with {@link VerifierExpectations}: the same symbol in all copies of this package. */
export const EXPECTATIONS: unique symbol = Symbol.for('scopegate.verifier.expectations');

/**
 * Returns what the verifier expects; `undefined` if it does not say.
 *
 * @param token - of a verifier that chooses by token, such as `byTokenForm`, what the chosen one expects
 */
export function expectationsOf(
  verifier: DescribedVerifier,
  token?: string,
): VerifierExpectations | undefined {
  const chosen: DescribedVerifier = token === undefined ? verifier : chosenFor(verifier, token);
  return Object.hasOwn(chosen, EXPECTATIONS) ? chosen[EXPECTATIONS] : undefined;
}

type DescribedVerifier = Verifier & { readonly [EXPECTATIONS]?: VerifierExpectations };
