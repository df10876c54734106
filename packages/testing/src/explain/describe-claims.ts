/**
 * Describes the checks of a JWT's claims: expected, found, and the setting to change.
 *
 * @module
 */
import { ownMember } from '@scopegate/core/engine';
import type { UnverifiedToken } from '../read-unverified.js';
import { MAX_SECONDS, nearMiss, show, showClaim, showTime, toTime } from './show.js';
import type { Describe, Description, JwtExpectations } from './types.js';

export const CLAIM_DESCRIPTIONS: Readonly<Record<string, Describe>> = {
  iss: describeIssuer,
  aud: describeAudience,
  exp: describeExpiry,
  nbf: describeNotBefore,
  iat: describeIssuedAt,
  kind: describeKind,
  cnf: describeBinding,
  claims: describeClaims,
};

function describeIssuer({ claims }: UnverifiedToken, { issuers }: JwtExpectations): Description {
  const iss = ownMember(claims, 'iss');
  const near = issuers.map((issuer) => nearMiss(iss, issuer)).find((one) => one !== undefined);
  return {
    expected: issuers.join(' or '),
    found: showClaim(iss) + (near === undefined ? '' : `: ${near}`),
    setting:
      'jwtVerifier({ issuer }) exactly as the token has it, if it is the right server; authorizationServers of the gate alike',
  };
}

function describeAudience({ claims }: UnverifiedToken, expected: JwtExpectations): Description {
  const { audiences = [expected.resource], exclusiveAudience, observedUntil, clock } = expected;
  const { isAccepted } = expected;
  const aud = ownMember(claims, 'aud');
  const named = (Array.isArray(aud) ? (aud as unknown[]) : [aud]).filter(
    (one) => typeof one === 'string',
  );
  const isOnlyNotAlone = exclusiveAudience !== undefined && named.some(isAccepted);
  const near = named
    .flatMap((one) => audiences.map((name) => nearMiss(one, name)))
    .find((one) => one !== undefined);
  const others = named.filter((one) => !isAccepted(one) && !exclusiveAudience?.includes(one));
  const alone = exclusiveAudience === undefined ? '' : `, ${besides(exclusiveAudience)}`;
  return {
    expected: clock() < observedUntil ? 'any: it is only observed' : audiences.join(' or ') + alone,
    found: showClaim(aud) + (near === undefined || named.some(isAccepted) ? '' : `: ${near}`),
    setting: isOnlyNotAlone
      ? `jwtVerifier({ exclusiveAudience: ${show([...exclusiveAudience, ...others])} }), if those services may see the token too; without exclusiveAudience any may`
      : 'let the client name the resource (RFC 8707) and the authorization server put it into aud; or jwtVerifier({ audience }) with what it puts there for this API alone',
  };
}

function besides(others: readonly string[]): string {
  return others.length === 0 ? 'alone' : `with nothing beside it but ${others.join(', ')}`;
}

function describeExpiry({ claims }: UnverifiedToken, expected: JwtExpectations): Description {
  const exp = ownMember(claims, 'exp');
  const { now, here } = nowOf(expected);
  return {
    expected: `a number of seconds, later than now; ${here}`,
    found: showTime(exp, now),
    setting:
      typeof exp === 'number' && exp >= MAX_SECONDS
        ? 'the issuer writes milliseconds: it must be seconds'
        : 'get a new token; if this one is new, see the clocks of both machines',
  };
}

function describeNotBefore({ claims }: UnverifiedToken, expected: JwtExpectations): Description {
  const { now, here } = nowOf(expected);
  return {
    expected: `none, or not later than now; ${here}`,
    found: showTime(ownMember(claims, 'nbf'), now),
    setting: 'see the clocks of both machines',
  };
}

function describeIssuedAt({ claims }: UnverifiedToken, expected: JwtExpectations): Description {
  const iat = ownMember(claims, 'iat');
  const { now } = nowOf(expected);
  const isEarly = typeof iat === 'number' && iat - expected.clockTolerance > now;
  return {
    expected: 'none, or a number of seconds',
    found: showTime(iat, now) + (isEarly ? ': this machine is behind the issuer' : ''),
    setting: 'the issuer must write a number',
  };
}

function nowOf({ clock, clockTolerance }: JwtExpectations): { now: number; here: string } {
  const now = Math.floor(clock() / 1000);
  return { now, here: `the clock here says ${toTime(now)}, ${clockTolerance} s are forgiven` };
}

function describeKind(
  { claims }: UnverifiedToken,
  _: JwtExpectations,
  failed: readonly string[],
): Description {
  const marks = failed.map((name) =>
    name === 'typ' || name === 'token_use' ? `${name} ${show(ownMember(claims, name))}` : name,
  );
  return {
    expected: 'claims of an access token',
    found: marks.length === 0 ? 'nothing else' : `another kind of token: ${marks.join(', ')}`,
    setting: 'send the access token',
  };
}

function describeBinding({ claims }: UnverifiedToken): Description {
  const cnf = ownMember(claims, 'cnf');
  return {
    expected: 'none: a bound token needs a proof, which a gate without dpop or mtls does not check',
    found: cnf === undefined ? 'none' : `bound by ${show(Object.keys(Object(cnf) as object))}`,
    setting:
      'let the gate check the proof: createGate({ dpop }) or createGate({ mtls }); or have the client ask for a token that is not bound',
  };
}

function describeClaims(
  { claims }: UnverifiedToken,
  { requiredClaims }: JwtExpectations,
  failed: readonly string[],
): Description {
  const isMissing = (name: string): boolean =>
    ['', undefined].includes(ownMember(claims, name) as '');
  const missing = failed.filter(isMissing);
  const mistyped = failed.filter((name) => !isMissing(name));
  const faults = [
    ...(missing.length === 0 ? [] : [`missing: ${missing.join(', ')}`]),
    ...mistyped.map((name) => `of another type: ${name} ${showClaim(ownMember(claims, name))}`),
  ];
  return {
    expected: [...requiredClaims, 'sub, client_id and jti as strings if present'].join(', '),
    found: faults.length === 0 ? 'all there' : faults.join('; '),
    setting:
      mistyped.length === 0
        ? 'let the issuer write them, or change requiredClaims'
        : 'let the issuer write them with their types (RFC 7519 s4.1, RFC 9068 s2.2)',
  };
}
