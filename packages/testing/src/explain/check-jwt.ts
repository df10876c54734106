/**
 * A JWT beside what its verifier expects, claim by claim.
 *
 * @module
 */
import { audiencesOf, isForAudience, isPresent, namesOneOf, own } from '@scopegate/core/engine';
import type { Claims, VerifierExpectations } from '@scopegate/core/engine';
import type { TokenCheck } from '../explain-token.js';
import type { UnverifiedToken } from '../read-unverified.js';
import { nearMiss, show, showClaim } from './show.js';

/** What is expected, with the gate's resource. */
export interface JwtExpectations extends VerifierExpectations {
  readonly resource: string;
}

/** `ok` decides whether `setting` is told. */
interface Draft extends Omit<TokenCheck, 'setting'> {
  readonly setting: string;
}

/** Looks at form, header and claims; without the form there is nothing else to look at. */
export function checkJwt(
  token: string,
  jwt: UnverifiedToken | undefined,
  expected: JwtExpectations,
): readonly TokenCheck[] {
  const drafts = [checkForm(token, jwt)];
  if (jwt !== undefined) {
    drafts.push(...checkHeader(jwt.header, expected), checkIssuer(jwt.claims, expected));
    drafts.push(checkAudience(jwt.claims, expected), ...checkTimes(jwt.claims, expected));
    drafts.push(checkKind(jwt.claims), checkBinding(jwt.claims));
    drafts.push(checkRequired(jwt.claims, expected));
  }
  return drafts.map(({ setting, ...check }) => (check.ok ? check : { ...check, setting }));
}

function checkForm(token: string, jwt: UnverifiedToken | undefined): Draft {
  const dots = token.split('.').length - 1;
  const opaque = dots === 4 ? 'five parts: an encrypted JWT' : 'no signed JWT: an opaque token?';
  return {
    check: 'form',
    ok: jwt !== undefined,
    expected: 'a signed JWT: three parts, header and claims in JSON',
    found: jwt === undefined ? `${token.length} characters, ${dots} dots: ${opaque}` : 'a JWT',
    setting:
      'many servers make a JWT only if the client names the resource or audience; for opaque tokens take introspectionVerifier, or byTokenForm({ jwt, opaque })',
  };
}

function checkHeader(header: Claims, { algorithms, types }: JwtExpectations): Draft[] {
  const [alg, typ] = [own(header, 'alg'), own(header, 'typ')];
  const plain = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : typ;
  const extensions = ['crit', 'b64', 'zip'].filter((name) => own(header, name) !== undefined);
  return [
    {
      check: 'alg',
      ok: algorithms.includes(String(alg)),
      expected: `one of ${algorithms.join(', ')}`,
      found: showClaim(alg),
      setting: String(alg).startsWith('HS')
        ? 'the issuer signs with a shared secret: give the API an asymmetric signing key there'
        : 'jwtVerifier({ algorithms }), or the signing algorithm at the issuer',
    },
    {
      check: 'typ',
      ok: types.includes(plain as string | undefined),
      expected: types.map((type) => type ?? 'no typ').join(' or '),
      found: showClaim(typ),
      setting:
        typ === undefined || plain === 'jwt'
          ? `if the issuer's access tokens say no more, and its ID tokens have another audience: jwtVerifier({ typ: ${typ === undefined ? 'null' : "'JWT'"} }); else send the access token, not the ID token`
          : 'send the access token: this is another kind of token',
    },
    {
      check: 'extensions',
      ok: extensions.length === 0,
      expected: 'no crit, b64 or zip in the header',
      found: extensions.length === 0 ? 'none' : extensions.join(', '),
      setting: 'turn the extension off at the issuer',
    },
  ];
}

function checkIssuer(claims: Claims, { issuers }: JwtExpectations): Draft {
  const iss = own(claims, 'iss');
  const near = issuers.map((issuer) => nearMiss(iss, issuer)).find((one) => one !== undefined);
  return {
    check: 'iss',
    ok: issuers.includes(String(iss)) && typeof iss === 'string',
    expected: issuers.join(' or '),
    found: showClaim(iss) + (near === undefined ? '' : `: ${near}`),
    setting:
      'jwtVerifier({ issuer }) exactly as the token has it, if it is the right server; authorizationServers of the gate alike',
  };
}

function checkAudience(claims: Claims, expected: JwtExpectations): Draft {
  const { audiences = [expected.resource], exclusiveAudience, observedUntil, clock } = expected;
  const aud = own(claims, 'aud');
  const named = audiencesOf(aud);
  const isForUs = namesOneOf(aud, audiences);
  const foreign = named.filter(
    (one) => !isForAudience(one, audiences, undefined) && exclusiveAudience?.includes(one) !== true,
  );
  const near = named
    .flatMap((one) => audiences.map((name) => nearMiss(one, name)))
    .find((one) => one !== undefined);
  const observed = clock() < observedUntil;
  const accepted =
    exclusiveAudience === undefined
      ? audiences.join(' or ')
      : `${audiences.join(' or ')}, ${besides(exclusiveAudience)}`;
  return {
    check: 'aud',
    ok: observed || isForAudience(aud, audiences, exclusiveAudience),
    expected: observed ? 'any: it is only observed' : accepted,
    found: showClaim(aud) + (isForUs || near === undefined ? '' : `: ${near}`),
    setting: isForUs
      ? `jwtVerifier({ exclusiveAudience: ${show([...(exclusiveAudience ?? []), ...foreign])} }), if those services may see the token too; without exclusiveAudience any may`
      : 'let the client name the resource (RFC 8707) and the authorization server put it into aud; or jwtVerifier({ audience }) with what it puts there for this API alone',
  };
}

function besides(others: readonly string[]): string {
  return others.length === 0 ? 'alone' : `with nothing beside it but ${others.join(', ')}`;
}

function checkTimes(claims: Claims, { clock, clockTolerance }: JwtExpectations): Draft[] {
  const now = Math.floor(clock() / 1000);
  const [exp, nbf, iat] = [own(claims, 'exp'), own(claims, 'nbf'), own(claims, 'iat')];
  const here = `the clock here says ${toTime(now)}, ${clockTolerance} s are forgiven`;
  const isEarly = typeof iat === 'number' && iat - clockTolerance > now;
  return [
    {
      check: 'exp',
      ok: isTime(exp) && exp < IMPLAUSIBLE && exp + clockTolerance > now,
      expected: `a number of seconds, later than now; ${here}`,
      found: showTime(exp, now),
      setting:
        typeof exp === 'number' && exp >= IMPLAUSIBLE
          ? 'the issuer writes milliseconds: it must be seconds'
          : 'get a new token; if this one is new, see the clocks of both machines',
    },
    {
      check: 'nbf',
      ok: nbf === undefined || (isTime(nbf) && nbf - clockTolerance <= now),
      expected: `none, or not later than now; ${here}`,
      found: showTime(nbf, now),
      setting: 'see the clocks of both machines',
    },
    {
      check: 'iat',
      ok: iat === undefined || isTime(iat),
      expected: 'none, or a number of seconds',
      found: showTime(iat, now) + (isEarly ? ': this machine is behind the issuer' : ''),
      setting: 'the issuer must write a number',
    },
  ];
}

/** As jwtVerifier has it: what only other kinds of tokens say. */
function checkKind(claims: Claims): Draft {
  const typ = own(claims, 'typ');
  const isOther =
    typeof typ === 'string' && ['id', 'refresh', 'offline', 'logout'].includes(typ.toLowerCase());
  const others = ['at_hash', 'c_hash', 'events'].filter((name) => own(claims, name) !== undefined);
  const marks = [
    ...(isOther ? [`typ ${show(typ)}`] : []),
    ...(own(claims, 'token_use') === 'id' ? ['token_use id'] : []),
    ...others,
  ];
  return {
    check: 'kind',
    ok: marks.length === 0,
    expected: 'claims of an access token',
    found: marks.length === 0 ? 'nothing else' : `another kind of token: ${marks.join(', ')}`,
    setting: 'send the access token',
  };
}

function checkBinding(claims: Claims): Draft {
  const cnf = own(claims, 'cnf');
  return {
    check: 'cnf',
    ok: cnf === undefined,
    expected: 'none: a bound token needs a proof that this verifier does not check',
    found: cnf === undefined ? 'none' : `bound by ${show(Object.keys(Object(cnf) as object))}`,
    setting: 'turn DPoP or mutual TLS off for the client, or check the proof',
  };
}

function checkRequired(claims: Claims, { requiredClaims }: JwtExpectations): Draft {
  const isEmpty = (name: string): boolean =>
    [undefined, null, ''].includes(own(claims, name) as '');
  const wanted = requiredClaims.filter((name) => !isPresent(claims, name));
  const missing = wanted.filter(isEmpty);
  // These are strings wherever they stand.
  const identifiers = ['sub', 'client_id', 'jti'].filter(
    (name) => own(claims, name) !== undefined && typeof own(claims, name) !== 'string',
  );
  const mistyped = new Set([...wanted.filter((name) => !isEmpty(name)), ...identifiers]);
  const faults = [
    ...(missing.length === 0 ? [] : [`missing: ${missing.join(', ')}`]),
    ...[...mistyped].map((name) => `of another type: ${name} ${showClaim(own(claims, name))}`),
  ];
  return {
    check: 'claims',
    ok: faults.length === 0,
    expected: [...requiredClaims, 'sub, client_id and jti as strings where they stand'].join(', '),
    found: faults.length === 0 ? 'all there' : faults.join('; '),
    setting:
      mistyped.size === 0
        ? 'let the issuer write them, or change requiredClaims'
        : 'let the issuer write them with their types (RFC 7519 s4.1, RFC 9068 s2.2)',
  };
}

/** As jwtVerifier has it: the year 5138. */
const IMPLAUSIBLE = 1e11;

function isTime(value: unknown): value is number {
  return Number.isFinite(value);
}

function showTime(value: unknown, now: number): string {
  if (!isTime(value) || Math.abs(value) >= IMPLAUSIBLE) return showClaim(value);
  const seconds = Math.round(value - now);
  const distance = seconds < 0 ? `${-seconds} s ago` : `in ${seconds} s`;
  return `${toTime(value)} (${distance})`;
}

function toTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
