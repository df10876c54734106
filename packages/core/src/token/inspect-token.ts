/**
 * Collects the facts with which a tool explains to a developer how a gate evaluates a token. No decision
 * depends on them.
 *
 * @module
 */
import { withoutSecrets } from '../secrets.js';
import { isSameResource } from './audience.js';
import type { Verifier } from './verifier.js';
import { expectationsOf, introspectionOf } from './verifier-statements.js';
import type { IntrospectionStatements, VerifierExpectations } from './verifier-statements.js';
import { verifyToken } from './verify.js';
import type { VerifyOptions, VerifyOutcome } from './verify.js';

export interface TokenInspection {
  /** What the verifier of the token expects; `undefined` if that verifier does not describe itself. */
  readonly expectations: VerifierExpectations | undefined;
  /** Returns whether an audience is one of those in `expectations`, else whether it is the gate's resource. */
  readonly isAccepted: (audience: string) => boolean;
  /** What the introspection verifier of the token says; `undefined` if another kind of verifier is asked. */
  readonly introspection: IntrospectionStatements | undefined;
  /** Returns a text without parts of the token and of configured secrets. */
  readonly redact: (text: string) => string;
  /** Verifies the token as the gate does. */
  readonly verify: () => VerifyOutcome | Promise<VerifyOutcome>;
}

/**
 * Inspects a token. If the verifier chooses another one by the token (`byTokenForm`), the result is about
 * the chosen one.
 */
export function inspectToken(
  verifier: Verifier,
  token: string,
  options: VerifyOptions,
): TokenInspection {
  const expectations = statementsFor(() => expectationsOf(verifier, token));
  const audiences = expectations?.audiences ?? [options.resource];
  return {
    expectations,
    introspection: statementsFor(() => introspectionOf(verifier, token)),
    isAccepted: (audience) => audiences.some((one) => isSameResource(audience, one)),
    redact: (text) => withoutSecrets(text, [token]),
    verify: () => verifyToken(verifier, token, { ...options, isExplained: true }),
  };
}

function statementsFor<T>(read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch {
    // `choose` may be code of the application that throws. The statements are unknown then, and `verify`
    // treats the error like any other of a verifier.
    return undefined;
  }
}
