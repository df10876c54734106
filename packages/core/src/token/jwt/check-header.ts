/**
 * The checks of a JWT's header.
 *
 * @module
 */
import { ownMember } from '../../values.js';
import type { JwtCheck } from './types.js';

/**
 * The checks of the header. None reads members that contain keys or point to them (`jwk`, `jku`, `x5u`,
 * `x5c`), since only the issuer's own keys verify its tokens (RFC 8725 s3.10). `kid` is only compared with the
 * ids of those keys.
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
    // A token with an extension is refused, since none is implemented here (RFC 7515 s4.1.11). `b64` is
    // an extension, too (RFC 7797 s6).
    kind: 'members',
    name: 'extensions',
    failed: ({ header }) => EXTENSIONS.filter((name) => ownMember(header, name) !== undefined),
  },
  {
    // A nested JWT, whose `cty` is `JWT` (RFC 7519 s5.2), is refused.
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

/**
 * Returns a `typ` in lower case and without `application/`, which may be left out (RFC 7515 s4.1.9: it
 * is a media type, compared without case).
 */
export function plainType(typ: string | undefined): string | undefined {
  return typ?.toLowerCase().replace(/^application\//, '');
}
