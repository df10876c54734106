/**
 * The checks of a JWT's header.
 *
 * @module
 */
import { ownMember } from '../../values.js';
import type { JwtCheck } from './types.js';

/**
 * Members that carry or point to keys (`jwk`, `jku`, `x5u`, `x5c`) are not looked at, here or
 * elsewhere: the keys are the issuer's own (RFC 8725 s3.10). `kid` is only ever compared.
 */
export const HEADER_CHECKS: readonly JwtCheck[] = [
  {
    kind: 'whole',
    name: 'alg',
    holds: ({ header }, { algorithms }) => algorithms.has(ownMember(header, 'alg')),
  },
  {
    kind: 'whole',
    name: 'typ',
    holds: ({ header }, { types }) => {
      const typ = ownMember(header, 'typ');
      return (typ === undefined || typeof typ === 'string') && types.has(plainType(typ));
    },
  },
  {
    // No extension is implemented here (RFC 7515 s4.1.11), and `b64` is one (RFC 7797 s6).
    kind: 'members',
    name: 'extensions',
    failed: ({ header }) => EXTENSIONS.filter((name) => ownMember(header, name) !== undefined),
  },
  {
    // The `cty` of a nested JWT is `JWT` (RFC 7519 s5.2).
    kind: 'whole',
    name: 'cty',
    holds: ({ header }) => {
      const cty = ownMember(header, 'cty');
      return typeof cty !== 'string' || plainType(cty) !== 'jwt';
    },
  },
  {
    kind: 'whole',
    name: 'kid',
    holds: ({ header }) => {
      const kid = ownMember(header, 'kid');
      return kid === undefined || typeof kid === 'string';
    },
  },
];

const EXTENSIONS = ['crit', 'b64', 'zip'] as const;

/** RFC 7515 s4.1.9: a media type, compared without case, whose `application/` may be left out. */
export function plainType(typ: string | undefined): string | undefined {
  return typ?.toLowerCase().replace(/^application\//, '');
}
