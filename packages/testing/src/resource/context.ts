/**
 * What every check of a resource works with.
 *
 * @module
 */
import type { AdversarialToken } from '../adversarial-tokens.js';
import type { Probe } from './probe.js';
import type { Report } from './report.js';

export interface CheckContext {
  readonly probe: Probe;
  readonly report: Report;
  readonly resource: string;
  /** Identifier of the issuer, where it is known. */
  readonly issuer: string | undefined;
  /** Has every scope that the operation needs. */
  readonly good: string | undefined;
  /** Is valid, and lacks them. */
  readonly insufficient: string | undefined;
  /** Neither valid nor with scopes. */
  readonly expiredWithoutScopes: string | undefined;
  readonly bad: readonly AdversarialToken[];
  readonly scopes: readonly string[];
  /** Whether browsers shall be able to call; `undefined` if the resource may say. */
  readonly cors: boolean | undefined;
}
