/**
 * Tokens that the issuer signed for another resource, for another time, or for another use than access.
 *
 * @module
 */
import { encodeJson } from '../mint.js';
import type { IssuerAttack, IssuerParts } from './attack.js';

export const CLAIM_ATTACKS: readonly IssuerAttack[] = [
  ...times(),
  claim('wrong issuer', ['JW-2', 'T64'], 'iss is another issuer (RFC 9068 s4)', () => ({
    iss: 'https://other-idp.test',
  })),
  claim(
    'issuer with a slash',
    ['JW-2', 'T64'],
    'iss is compared exactly (RFC 9068 s4)',
    (parts) => ({
      iss: withOtherEnd(String(parts.claims['iss'])),
    }),
  ),
  claim('no issuer', ['JW-2', 'JW-6', 'T64'], 'iss is missing (RFC 9068 s2.2)', () => ({
    iss: undefined,
  })),
  claim(
    'wrong audience',
    ['JW-3', 'AH-13', 'T65'],
    'made for another service (RFC 9068 s4)',
    () => ({
      aud: 'https://other-api.test',
    }),
  ),
  claim('no audience', ['JW-3', 'JW-6', 'T65'], 'aud is missing (RFC 9068 s4)', () => ({
    aud: undefined,
  })),
  claim(
    'audience that begins alike',
    ['JW-3', 'T65'],
    'aud is no prefix (RFC 7519 s4.1.3)',
    (parts) => ({
      aud: `${audienceOf(parts)}.evil.test`,
    }),
  ),
  claim('audience below', ['JW-3', 'T65'], 'aud is another path (RFC 8707 s2)', (parts) => ({
    aud: `${audienceOf(parts).replace(/\/$/, '')}/more`,
  })),
  claim(
    'audience as an object',
    ['JW-3', 'JW-10', 'T65'],
    'aud is no string (RFC 7519 s4.1.3)',
    (parts) => ({
      aud: { [audienceOf(parts)]: true },
    }),
  ),
  claim(
    'audience with something else beside it',
    ['JW-3', 'JW-10', 'T65'],
    'aud is no list of strings (RFC 7519 s4.1.3)',
    (parts) => ({
      aud: [audienceOf(parts), 7],
    }),
  ),
  claim('empty list of audiences', ['JW-3', 'T65'], 'aud names nobody (RFC 9068 s4)', () => ({
    aud: [],
  })),
  claim('bound to a DPoP key', ['MT-2', 'T67'], 'cnf without its proof (RFC 9449 s7.2)', () => ({
    cnf: { jkt: 'A'.repeat(43) },
  })),
  claim(
    'bound to a certificate',
    ['MT-1', 'T67'],
    'cnf without its certificate (RFC 8705 s3)',
    () => ({
      cnf: { 'x5t#S256': 'A'.repeat(43) },
    }),
  ),
  claim(
    'bound to something unknown',
    ['MT-2', 'T67'],
    'cnf is never ignored (RFC 7800 s3.1)',
    () => ({
      cnf: { 'urn:unknown': 'x' },
    }),
  ),
  claim(
    'subject as a number',
    ['SB-1', 'T150'],
    'sub is no string: dropped, it makes a user a client (RFC 7519 s4.1.2)',
    () => ({ sub: 42 }),
  ),
  claim('subject as a list', ['SB-1', 'T150'], 'sub is no string (RFC 7519 s4.1.2)', () => ({
    sub: ['test-user'],
  })),
  claim('client as a list', ['SB-4', 'T152'], 'client_id is no string (RFC 8693 s4.3)', () => ({
    client_id: ['test-client'],
  })),
  should(
    claim('id as a boolean', ['SB-4', 'T152'], 'jti is no string (RFC 7519 s4.1.7)', () => ({
      jti: true,
    })),
  ),
  {
    ...{ name: 'ID token', ids: ['JW-1', 'T66'] },
    why: 'an ID token is for the client, not for a resource (RFC 9068 s4, s5)',
    make: ({ sign }) => sign({ nonce: 'n', at_hash: 'aaaa', scope: undefined }, { typ: 'JWT' }),
  },
  header('typ JWT', ['JW-1', 'T66'], 'typ is not at+jwt (RFC 9068 s4)', { typ: 'JWT' }),
  header('no typ', ['JW-1', 'T66'], 'typ is missing (RFC 9068 s4)', { typ: undefined }),
  header('DPoP proof', ['JW-1', 'T66'], 'typ is dpop+jwt (RFC 9449 s4.2)', { typ: 'dpop+jwt' }),
  header('logout token', ['JW-1', 'T66'], 'typ is logout+jwt (OIDC Back-Channel Logout s2.4)', {
    typ: 'logout+jwt',
  }),
  should(
    claim(
      'refresh token',
      ['JW-1', 'T66'],
      'the payload says Refresh, as Keycloak writes it',
      () => ({
        typ: 'Refresh',
      }),
    ),
  ),
  header(
    'unknown crit',
    ['JW-7', 'T62'],
    'a critical extension that nobody knows (RFC 7515 s4.1.11)',
    {
      crit: ['urn:unknown'],
      'urn:unknown': true,
    },
  ),
  header('nested', ['JW-11', 'T62'], 'cty says that a JWT is inside (RFC 7519 s5.2)', {
    cty: 'JWT',
  }),
  header(
    'unknown kid',
    ['JW-8', 'T61', 'T80'],
    'no key of the issuer has this kid (RFC 7515 s4.1.4)',
    {
      kid: 'unknown-to-everybody',
    },
  ),
  {
    ...{ name: 'claims that are a list', ids: ['JW-10', 'T62'] },
    why: 'the claims are no JSON object (RFC 7519 s7.2)',
    make: ({ claims, signBytes }) => signBytes(encodeJson([claims])),
  },
  {
    ...{ name: 'claims that are not JSON', ids: ['JW-10', 'T62'] },
    why: 'the payload is no JSON (RFC 7519 s7.2)',
    make: ({ signBytes }) => signBytes(new TextEncoder().encode('scope=admin')),
  },
  {
    ...{ name: 'claims that are not UTF-8', ids: ['JW-10', 'T69'] },
    why: 'the payload is not UTF-8 (RFC 7519 s7.2)',
    make: ({ claims, signBytes }) => signBytes(Uint8Array.of(...encodeJson(claims), 0xff)),
  },
  {
    ...{ name: 'huge', ids: ['JW-10', 'T68', 'AH-12'] },
    why: 'longer than 16 KiB: no service reads that much for a stranger',
    make: ({ sign }) => sign({ padding: 'x'.repeat(16 * 1024) }),
  },
];

function times(): readonly IssuerAttack[] {
  return [
    claim('expired', ['JW-5', 'AH-10', 'T63'], 'exp is over (RFC 7519 s4.1.4)', ({ now }) => ({
      exp: now - 120,
    })),
    claim('expired long ago', ['JW-5', 'AH-10', 'T63'], 'exp is over (RFC 7519 s4.1.4)', () => ({
      exp: 1,
    })),
    claim('not yet valid', ['JW-5', 'T63'], 'nbf is to come (RFC 7519 s4.1.5)', ({ now }) => ({
      nbf: now + 600,
    })),
    claim('no expiry', ['JW-5', 'JW-6', 'T63'], 'exp is missing (RFC 9068 s2.2)', () => ({
      exp: undefined,
    })),
    claim('expiry as text', ['JW-10', 'T63'], 'exp is no number (RFC 7519 s2)', ({ now }) => ({
      exp: String(now + 300),
    })),
    claim('expiry null', ['JW-10', 'T63'], 'exp is no number (RFC 7519 s2)', () => ({ exp: null })),
    claim('nbf as text', ['JW-10', 'T63'], 'nbf is no number (RFC 7519 s2)', ({ now }) => ({
      nbf: String(now - 10),
    })),
    should(
      claim(
        'expiry in milliseconds',
        ['JW-5', 'T63'],
        'exp lies beyond the year 5000',
        ({ now }) => ({
          exp: (now + 300) * 1000,
        }),
      ),
    ),
  ];
}

function claim(
  name: string,
  ids: readonly string[],
  why: string,
  change: (parts: IssuerParts) => object,
): IssuerAttack {
  return { name, ids, why, make: (parts) => parts.sign(change(parts)) };
}

function header(name: string, ids: readonly string[], why: string, change: object): IssuerAttack {
  return { name, ids, why, make: ({ sign }) => sign({}, change) };
}

function should(attack: IssuerAttack): IssuerAttack {
  return { ...attack, severity: 'should' };
}

function audienceOf({ claims }: IssuerParts): string {
  const { aud } = claims;
  return String(Array.isArray(aud) ? aud[0] : aud);
}

function withOtherEnd(url: string): string {
  return url.endsWith('/') ? url.slice(0, -1) : `${url}/`;
}
