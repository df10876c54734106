/**
 * The checks of a JWT's header.
 *
 * @module
 */
import { ownMember } from '../../values.js';
import type { JwtCheck } from './types.js';

/**
 * Nothing reads members that contain keys or point to them (`jwk`, `jku`, `x5u`, `x5c`), since only
 * the issuer's own keys verify its tokens (RFC 8725 s3.10). `kid` is only compared.
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
    // RFC 7515 s4.1.11: no extension is implemented here. `b64` is one (RFC 7797 s6).
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
