/**
 * What a tool needs to explain to a developer what a gate makes of a token. No decision depends on it.
 *
 * @module
 */
import { isSameResource } from './audience.js';
import type { Verifier } from './verifier.js';
import { expectationsOf } from './verifier-statements.js';
import type { VerifierExpectations } from './verifier-statements.js';
import { verifyToken } from './verify.js';
import type { VerifyOptions, VerifyOutcome } from './verify.js';

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
  const expectations = expectationsFor(verifier, token);
  const audiences = expectations?.audiences ?? [options.resource];
  return {
    expectations,
    isAccepted: (audience) => audiences.some((one) => isSameResource(audience, one)),
    verify: () => verifyToken(verifier, token, options),
  };
}

function expectationsFor(verifier: Verifier, token: string): VerifierExpectations | undefined {
  try {
    return expectationsOf(verifier, token);
  } catch {
    // `choose` may be the application's and throw. Verifying reports that as unavailable.
    return undefined;
  }
}
