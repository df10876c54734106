/**
 * Checks a JWT's header, before its signature.
 *
 * @module
 */
import type { Claims } from '../index.js';
import { own } from '../../values.js';

export interface HeaderRules {
  readonly algorithms: ReadonlySet<unknown>;
  /** Lower case, without `application/`; `undefined` stands for an absent `typ`. */
  readonly types: ReadonlySet<string | undefined>;
}

/** What is wrong with a header. */
export type HeaderProblem = 'alg' | 'typ' | 'crit' | 'cty' | 'kid';

/**
 * Names what is wrong with a header, or returns `undefined`.
 *
 * Members that carry or point to keys (`jwk`, `jku`, `x5u`, `x5c`) are not looked at, here or
 * elsewhere: the keys are the issuer's own (RFC 8725 s3.10). `kid` is only ever compared.
 */
export function checkHeader(header: Claims, rules: HeaderRules): HeaderProblem | undefined {
  if (!rules.algorithms.has(own(header, 'alg'))) return 'alg';
  // No extension is understood here (RFC 7515 s4.1.11), and `b64` is one (RFC 7797 s6).
  if (EXTENSIONS.some((name) => own(header, name) !== undefined)) return 'crit';
  const typ = own(header, 'typ');
  if (typ !== undefined && typeof typ !== 'string') return 'typ';
  if (!rules.types.has(plainType(typ))) return 'typ';
  // A nested JWT says so here (RFC 7519 s5.2).
  const cty = own(header, 'cty');
  if (typeof cty === 'string' && plainType(cty) === 'jwt') return 'cty';
  const kid = own(header, 'kid');
  return kid === undefined || typeof kid === 'string' ? undefined : 'kid';
}

const EXTENSIONS = ['crit', 'b64', 'zip'] as const;

/** RFC 7515 s4.1.9: a media type, compared without case, whose `application/` may be left out. */
export function plainType(typ: string | undefined): string | undefined {
  return typ?.toLowerCase().replace(/^application\//, '');
}
