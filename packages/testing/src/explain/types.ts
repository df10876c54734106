/**
 * Types of explanations.
 *
 * @module
 */

import type { TokenInspection, VerifierExpectations } from '@scopegate/core/engine';
import type { UnverifiedToken } from '../read-unverified.js';

/** One check of a token. */
export interface TokenCheck {
  readonly check: string;
  readonly ok: boolean;
  readonly expected: string;
  readonly found: string;
  /** What to change, and where; present if the check failed. */
  readonly setting?: string;
}

export interface TokenExplanation {
  /**
   * How the gate answers: 401 for `refused` (400 for several tokens or a header over 16 KiB, 403 if the verifier
   * says that scopes are missing), 503 for `unavailable`.
   */
  readonly outcome: 'accepted' | 'refused' | 'unavailable';
  readonly checks: readonly TokenCheck[];
  /** Known problems of the provider's tokens that this token has; empty if it is accepted. */
  readonly hints: readonly string[];
}

/** The expectations of the verifier, with the gate's resource. */
export interface JwtExpectations extends VerifierExpectations, Pick<TokenInspection, 'isAccepted'> {
  readonly resource: string;
}

export interface Description {
  readonly expected: string;
  readonly found: string;
  /** The setting to change if the check failed. */
  readonly setting: string;
}

/** Describes one check. If the check is about several members, `failed` names those that make it fail. */
export type Describe = (
  jwt: UnverifiedToken,
  expected: JwtExpectations,
  failed: readonly string[],
) => Description;
