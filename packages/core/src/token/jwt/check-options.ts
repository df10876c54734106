/**
 * Checks the options of `jwtVerifier`, and turns them into settings.
 *
 * @module
 */
import { checkKind, expect, readOptions } from '../../options.js';
import type { Kind, NumberKind, Read } from '../../options.js';
import {
  CLOCK_TOLERANCE,
  DEFAULT_CLOCK_TOLERANCE,
  KEY_TYPES,
  VerifiedTokenCache,
  checkedIdentify,
  readExclusiveAudience,
  readAddresses,
  readNames,
  readScopesClaim,
} from '../index.js';
import type { Addresses, Clock, Identify, ReadScopes } from '../index.js';
import { plainType } from './check-header.js';
import { checkIssuers } from './check-issuers.js';
import type { JwtVerifierOptions, MissingExpiry, ObservedAudience } from './options.js';
import type { CheckSettings, JwtWarning, Warn } from './types.js';

export interface JwtSettings extends CheckSettings {
  readonly cache: VerifiedTokenCache | undefined;
  readonly identify: Identify | undefined;
  readonly addresses: Addresses;
  readonly readScopes: ReadScopes;
  readonly warn: Warn;
  readonly clock: Clock;
}

type Table<T> = { readonly [Name in keyof T]-?: readonly [kind: Kind] };

const OPTIONS: Table<JwtVerifierOptions> = {
  ...{ issuer: ['any'], issuers: ['a list'], jwks: ['any'], audience: ['any'] },
  ...{ exclusiveAudience: ['any'], algorithms: ['a list'], typ: ['any'] },
  ...{ clockTolerance: [CLOCK_TOLERANCE], requiredClaims: ['a list'], cache: ['any'] },
  ...{ allowInsecureLoopback: ['a boolean'], allowInsecureHosts: ['a list'] },
  ...{ internalUrl: ['a string'], scopesClaim: ['any'], clientIds: ['a list'] },
  ...{ dangerouslyAcceptMissingAudience: ['a boolean'] },
  ...{ dangerouslyAcceptMissingExpiry: ['an object'] },
  ...{ onWarning: ['a function'], identify: ['a function'] },
  ...{ fetch: ['a function'], clock: ['a function'] },
};

const ASYMMETRIC: readonly string[] = Object.keys(KEY_TYPES);

/**
 * Checks, copies and freezes the options.
 *
 * @throws {@link TypeError} naming the option
 */
export function checkJwtOptions(options: JwtVerifierOptions): JwtSettings {
  const given = readOptions(options, OPTIONS, 'jwtVerifier');
  const { clockTolerance = DEFAULT_CLOCK_TOLERANCE, typ = 'at+jwt', clock = Date.now } = given;
  const warn =
    given.onWarning ?? ((warning: JwtWarning) => console.warn(`jwtVerifier: ${warning.message}`));
  const algorithms = readNames(given.algorithms ?? ASYMMETRIC, 'jwtVerifier.algorithms', 1);
  const foreign = algorithms.find((name) => !ASYMMETRIC.includes(name));
  expect(
    foreign === undefined,
    'jwtVerifier.algorithms',
    `${foreign} is not one of ${ASYMMETRIC.join(' ')}`,
  );
  const addresses = readAddresses(given, 'jwtVerifier');
  return Object.freeze({
    issuers: checkIssuers(given, { algorithms, clock, warn, addresses }),
    ...checkAudience(given.audience),
    ...checkOptOuts(given),
    readScopes: readScopesClaim(given.scopesClaim, 'jwtVerifier.scopesClaim'),
    exclusiveAudience: readExclusiveAudience(
      given.exclusiveAudience,
      'jwtVerifier.exclusiveAudience',
    ),
    algorithms: new Set(algorithms),
    types: checkTypes(typ),
    clockTolerance,
    requiredClaims: readNames(given.requiredClaims ?? [], 'jwtVerifier.requiredClaims'),
    cache: createCache(given.cache),
    identify: checkedIdentify(given.identify),
    ...{ warn, clock, addresses },
  });
}

/** The longest time that a token without `exp` may be used. */
const MAX_AGE: NumberKind = { min: 1, max: 366 * 86_400, unit: 'seconds' };

/** Checks the options that accept tokens without `aud` or without `exp`. */
function checkOptOuts(
  given: Read<JwtVerifierOptions, never>,
): Pick<CheckSettings, 'clientsWithoutAudience' | 'maxAgeWithoutExpiry'> {
  const { clientIds, dangerouslyAcceptMissingExpiry: expiry } = given;
  const isOptional = given.dangerouslyAcceptMissingAudience === true;
  // In a token without an audience, only the client tells for which service it may have been made.
  const isStated = isOptional === (clientIds !== undefined);
  if (!isStated)
    fail('clientIds', 'a list beside dangerouslyAcceptMissingAudience, and only there');
  if (isOptional && given.audience !== undefined && !isNames(given.audience)) {
    fail('audience', "names; mode: 'observe' accepts tokens without an audience anyway");
  }
  const path = 'jwtVerifier.dangerouslyAcceptMissingExpiry';
  const table: Table<MissingExpiry> = { maxAge: [MAX_AGE] };
  const maxAge = expiry === undefined ? undefined : readOptions(expiry, table, path).maxAge;
  if (expiry !== undefined) checkKind(maxAge, `${path}.maxAge`, MAX_AGE);
  return {
    clientsWithoutAudience: new Set(
      clientIds === undefined ? [] : readNames(clientIds, 'jwtVerifier.clientIds', 1),
    ),
    maxAgeWithoutExpiry: maxAge,
  };
}

function isNames(audience: JwtVerifierOptions['audience']): boolean {
  return typeof audience === 'string' || Array.isArray(audience);
}

const OBSERVED: Table<ObservedAudience> = {
  mode: [['observe']],
  until: ['any'],
  accepted: ['any'],
};

function checkAudience(
  audience: JwtVerifierOptions['audience'],
): Pick<CheckSettings, 'audiences' | 'observedUntil'> {
  if (audience === undefined) return { audiences: undefined, observedUntil: -Infinity };
  if (typeof audience === 'string' || Array.isArray(audience)) {
    const audiences = readNames(audience, 'jwtVerifier.audience', 1);
    return { audiences, observedUntil: -Infinity };
  }
  const given = readOptions(audience as ObservedAudience, OBSERVED, 'jwtVerifier.audience');
  const { mode, until, accepted } = given;
  if (mode !== 'observe') fail('audience.mode', "'observe'");
  const isDate = typeof until === 'string' || until instanceof Date;
  const observedUntil = isDate ? new Date(until).getTime() : Number.NaN;
  if (!Number.isFinite(observedUntil)) fail('audience.until', 'a date, or one in ISO 8601');
  return {
    audiences:
      accepted === undefined ? undefined : readNames(accepted, 'jwtVerifier.audience.accepted', 1),
    observedUntil,
  };
}

function checkTypes(typ: string | null | readonly (string | null)[]): Set<string | undefined> {
  const list: readonly (string | null)[] = Array.isArray(typ) ? typ : [typ as string | null];
  const isList = list.every((one) => one === null || (typeof one === 'string' && one !== ''));
  if (list.length === 0 || !isList) fail('typ', 'strings or null, at least one');
  return new Set(list.map((name) => plainType(name ?? undefined)));
}

function createCache(cache: JwtVerifierOptions['cache']): VerifiedTokenCache | undefined {
  if (cache === false) return undefined;
  expect(!Array.isArray(cache), 'jwtVerifier.cache', 'expected an object, or false');
  return new VerifiedTokenCache(cache, 'jwtVerifier.cache');
}

function fail(name: string, expected: string): never {
  throw new TypeError(`jwtVerifier.${name}: expected ${expected}`);
}
