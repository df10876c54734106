/**
 * Describes the checks of a JWT's header: expected, found, and the setting to change.
 *
 * @module
 */
import { ownMember } from '@scopegate/core/engine';
import type { UnverifiedToken } from '../read-unverified.js';
import { showClaim } from './show.js';
import type { Describe, Description, JwtExpectations } from './types.js';

export const HEADER_DESCRIPTIONS: Readonly<Record<string, Describe>> = {
  alg: describeAlgorithm,
  typ: describeType,
  extensions: describeExtensions,
  cty: describeContentType,
  kid: describeKeyId,
};

function describeAlgorithm(
  { header }: UnverifiedToken,
  { algorithms }: JwtExpectations,
): Description {
  const alg = ownMember(header, 'alg');
  return {
    expected: `one of ${algorithms.join(', ')}`,
    found: showClaim(alg),
    setting: String(alg).startsWith('HS')
      ? 'the issuer signs with a shared secret: give the API an asymmetric signing key there'
      : 'jwtVerifier({ algorithms }), or the signing algorithm at the issuer',
  };
}

function describeType({ header }: UnverifiedToken, { types }: JwtExpectations): Description {
  const typ = ownMember(header, 'typ');
  const isPlainJwt = typeof typ === 'string' && /^(?:application\/)?jwt$/i.test(typ);
  return {
    expected: types.map((type) => type ?? 'no typ').join(' or '),
    found: showClaim(typ),
    setting:
      typ === undefined || isPlainJwt
        ? `if the issuer's access tokens say no more, and its ID tokens have another audience: jwtVerifier({ typ: ${typ === undefined ? 'null' : "'JWT'"} }); else send the access token, not the ID token`
        : 'send the access token: this is another kind of token',
  };
}

function describeExtensions(
  _: UnverifiedToken,
  __: JwtExpectations,
  extensions: readonly string[],
): Description {
  return {
    expected: 'no crit, b64 or zip in the header',
    found: extensions.length === 0 ? 'none' : extensions.join(', '),
    setting: 'turn the extension off at the issuer',
  };
}

function describeContentType({ header }: UnverifiedToken): Description {
  const cty = ownMember(header, 'cty');
  return {
    expected: 'no cty, or another than JWT',
    found: cty === undefined ? 'none' : showClaim(cty),
    setting: 'let the issuer sign the claims themselves: nested JWTs are not read',
  };
}

function describeKeyId({ header }: UnverifiedToken): Description {
  const kid = ownMember(header, 'kid');
  // Not the id itself: it is a part of the token's header.
  return {
    expected: 'no kid, or a string',
    found: kid === undefined ? 'none' : typeof kid === 'string' ? 'a string' : showClaim(kid),
    setting: 'the issuer must write kid as a string (RFC 7515 s4.1.4)',
  };
}
