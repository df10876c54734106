/**
 * Reads a proof, and makes all checks that need no cryptography, the cheapest first.
 *
 * @module
 */
import { KEY_TYPES, MIN_MODULUS, hasBegun, isTime, isUnexpired, parseJwt } from '../index.js';
import type { Claims, ParsedJwt } from '../index.js';
import { isObject, ownMember, ownText } from '../../values.js';
import { normalUrl } from './proof-url.js';

/** A proof that passed the checks of this file. */
export interface Proof {
  readonly text: string;
  /** The first part of the text, as it was sent. */
  readonly header: string;
  readonly alg: string;
  readonly jwk: Claims;
  readonly jti: string;
  readonly iat: number;
  readonly claims: Claims;
}

/** What a proof is compared with. Times are seconds since the epoch. */
export interface ProofContext {
  readonly algorithms: readonly string[];
  readonly method: string;
  /** The URLs of the request, normalized. */
  readonly urls: () => readonly (string | undefined)[];
  readonly now: number;
}

/** The check that a proof fails. Most are those of RFC 9449 s4.3. */
export type ProofFault =
  | 'presence'
  | 'one proof'
  | 'form'
  | 'ath'
  | 'signature'
  | ProofCheck['name'];

/** Seconds by which `iat` may differ from the server's time (RFC 9449 s11.1, SEP-1932). */
export const WINDOW = 300;

/** Seconds by which the clocks of client and server may differ, for `exp` and `nbf`. */
const CLOCK_DIFFERENCE = 30;

/** Maximum number of characters of a proof. One with an RSA key of 4096 bits has about 2000. */
const MAX_LENGTH = 8 * 1024;

/**
 * Reads the value of the `DPoP` header; repeated lines are joined with a comma, which no JWT contains.
 * Returns the fault of a proof that must be refused.
 */
export function readProof(value: string | null, context: ProofContext): Proof | ProofFault {
  if (value === null || value === '') return 'presence';
  if (value.includes(',')) return 'one proof';
  const jwt = value.length > MAX_LENGTH ? undefined : parseJwt(value);
  if (jwt === undefined) return 'form';
  const failed = CHECKS.find(({ holds }) => !holds(jwt, context));
  if (failed !== undefined) return failed.name;
  const { header, claims } = jwt;
  return {
    text: value,
    header: value.slice(0, value.indexOf('.')),
    alg: String(ownMember(header, 'alg')),
    jwk: ownMember(header, 'jwk') as Claims,
    jti: String(ownMember(claims, 'jti')),
    iat: Number(ownMember(claims, 'iat')),
    claims,
  };
}

/** Describes a fault for the client. The client made the proof, so it may know which check failed. */
export function describeFault(fault: ProofFault): string {
  if (fault === 'presence') return 'The request has no DPoP proof';
  if (fault === 'one proof') return 'The request has more than one DPoP proof';
  if (fault === 'form') return 'The DPoP proof is not a JWT';
  return `The DPoP proof is not valid: ${fault}`;
}

interface ProofCheck {
  readonly name: 'typ' | 'alg' | 'crit' | 'jwk' | 'jti' | 'htm' | 'htu' | 'iat' | 'exp or nbf';
  readonly holds: (jwt: ParsedJwt, context: ProofContext) => boolean;
}

/** The checks of RFC 9449 s4.3 and of JWS and JWT, the cheapest first. */
const CHECKS: readonly ProofCheck[] = [
  { name: 'typ', holds: ({ header }) => ownMember(header, 'typ') === 'dpop+jwt' },
  {
    name: 'alg',
    holds: ({ header }, { algorithms }) => algorithms.includes(ownMember(header, 'alg') as string),
  },
  // An extension that is not understood must be refused (RFC 7515 s4.1.11), and none is understood here.
  { name: 'crit', holds: ({ header }) => ownMember(header, 'crit') === undefined },
  {
    name: 'jwk',
    holds: ({ header }) => isPublicKey(ownMember(header, 'jwk'), String(ownMember(header, 'alg'))),
  },
  { name: 'jti', holds: ({ claims }) => (ownText(claims, 'jti') ?? '') !== '' },
  { name: 'htm', holds: ({ claims }, { method }) => ownMember(claims, 'htm') === method },
  {
    name: 'htu',
    holds({ claims }, { urls }) {
      const url = normalUrl(ownText(claims, 'htu') ?? '');
      return url !== undefined && urls().includes(url);
    },
  },
  {
    name: 'iat',
    holds({ claims }, { now }) {
      const iat = ownMember(claims, 'iat');
      return isTime(iat) && Math.abs(now - iat) <= WINDOW;
    },
  },
  {
    // RFC 9449 does not define these two, but a JWT that has them limits itself (RFC 7519 s4.1.4, s4.1.5).
    name: 'exp or nbf',
    holds({ claims }, { now }) {
      const exp = ownMember(claims, 'exp');
      const isEnding = exp === undefined || isUnexpired(exp, now, CLOCK_DIFFERENCE);
      return isEnding && hasBegun(ownMember(claims, 'nbf'), now, CLOCK_DIFFERENCE);
    },
  },
];

/** Members of private and of symmetric keys (RFC 7518 s6.2.2, s6.3.2, s6.4.1). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** Limits in base64url characters: a modulus of 2048 to 8192 bits, and an exponent of at most 8 bytes. */
const MODULUS = { min: Math.ceil(MIN_MODULUS / 6), max: Math.ceil(8192 / 6) };
const MAX_EXPONENT = 11;

/** Whether a JWK is a public key of the algorithm's type and curve, and not too large to use. */
function isPublicKey(jwk: unknown, alg: string): jwk is Claims {
  if (!isObject(jwk) || Array.isArray(jwk)) return false;
  if (PRIVATE_MEMBERS.some((member) => Object.hasOwn(jwk, member))) return false;
  const [kty, crv] = KEY_TYPES[alg] ?? [];
  if (kty === undefined || ownMember(jwk, 'kty') !== kty) return false;
  if (crv !== undefined && ownMember(jwk, 'crv') !== crv) return false;
  const [x, y, n, e] = ['x', 'y', 'n', 'e'].map((member) => ownText(jwk, member)?.length ?? 0) as [
    number,
    number,
    number,
    number,
  ];
  if (kty === 'RSA') return n >= MODULUS.min && n <= MODULUS.max && e > 0 && e <= MAX_EXPONENT;
  return x > 0 && (kty === 'OKP' || y > 0);
}
