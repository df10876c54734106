/**
 * What a verifier expects, as data, and its checks one by one: tools explain a refusal to a developer
 * with it. No decision depends on it.
 *
 * @module
 */
import { isSameResource } from './audience.js';
import type { Verifier } from './verifier.js';
import { chosenFor } from './verifier-statements.js';
import { verifyToken } from './verify.js';
import type { VerifyOptions, VerifyOutcome } from './verify.js';

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

/** What a tool needs to explain what a gate makes of a token. */
export interface TokenInspection {
  /** Of the verifier that is asked for this token; `undefined` if it does not describe itself. */
  readonly expectations: VerifierExpectations | undefined;
  /** Whether an audience is one that this verifier accepts. */
  readonly isAccepted: (audience: string) => boolean;
  /** Verifies the token as the gate does. */
  readonly verify: () => VerifyOutcome | Promise<VerifyOutcome>;
}

/** Inspects a token. It looks through a verifier that chooses another one by the token (`byTokenForm`). */
export function inspectToken(
  verifier: Verifier,
  token: string,
  options: VerifyOptions,
): TokenInspection {
  const expectations = expectationsOf(askedFor(verifier, token));
  const audiences = expectations?.audiences ?? [options.resource];
  return {
    expectations,
    isAccepted: (audience) => audiences.some((one) => isSameResource(audience, one)),
    verify: () => verifyToken(verifier, token, options),
  };
}

function askedFor(verifier: Verifier, token: string): Verifier {
  try {
    return chosenFor(verifier, token);
  } catch {
    // `choose` may be the application's and throw. Verifying reports that as unavailable.
    return verifier;
  }
}
