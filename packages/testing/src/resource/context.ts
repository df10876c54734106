/**
 * The inputs of every check of a resource.
 *
 * @module
 */
import type { AdversarialToken } from '../adversarial-tokens.js';
import type { Probe } from './probe.js';
import type { Report } from './report.js';

/** Why a check with too few scopes does not run. Without named scopes, any valid token may be enough. */
export const NO_INSUFFICIENT_TOKEN = 'no scopes were named, or no token that lacks them';

export interface CheckContext {
  readonly probe: Probe;
  readonly report: Report;
  readonly resource: string;
  /** The issuer's identifier, if it is known. */
  readonly issuer: string | undefined;
  /** A token with every scope that the operation needs. */
  readonly good: string | undefined;
  /** A valid token without these scopes; one without any scope if an issuer made it and scopes were named. */
  readonly insufficient: string | undefined;
  /** An expired token without scopes. */
  readonly expiredWithoutScopes: string | undefined;
  readonly bad: readonly AdversarialToken[];
  readonly scopes: readonly string[];
  /** Whether browsers must be able to call; `undefined` if the resource decides. */
  readonly cors: boolean | undefined;
}
