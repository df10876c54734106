/**
 * Makes a verifier of tokens that are part of the configuration.
 *
 * @module
 */
import { markFactory } from './factory.js';
import { checkKind, expect, readOptions } from '../options.js';
import type { NumberKind } from '../options.js';
import { registerSecret } from '../secrets.js';
import { isScopeToken } from '../scope/index.js';
import { isObject } from '../values.js';
import { CLOCK_TOLERANCE, DEFAULT_CLOCK_TOLERANCE, MAX_EPOCH_SECONDS } from './clock.js';
import type { ActorKind, VerifiedToken, Verifier } from './verifier.js';

export interface StaticToken {
  readonly scopes: readonly string[];
  readonly subject?: string;
  readonly clientId?: string;
  /** Who acts. @default a client if `subject` equals `clientId`, else a user; unknown if one is missing */
  readonly kind?: ActorKind;
  /** The time when the token expires, in seconds since the epoch. @default never */
  readonly expiresAt?: number;
}

export interface StaticTokensOptions {
  /**
   * Seconds for which a token is accepted after its `expiresAt`, at most 60.
   *
   * @default 30
   */
  readonly clockTolerance?: number;
}

/**
 * Makes a verifier of a fixed list of tokens: for first steps, for tests, and for API keys that a
 * service issues itself. Such tokens name no audience and no issuer, and anybody who sees one can use it
 * until the configuration changes. Where users sign in, use tokens of an authorization server.
 *
 * It does not check that a token is hard to guess: if others can reach the service, take 32 random bytes
 * (`crypto.randomBytes(32).toString('base64url')`). Comparing takes as long for a nearly right token as
 * for a wrong one. A token with characters beyond letters, digits and `-._~+/=` needs the gate's option
 * `tokenSyntax: 'opaque'`.
 *
 * @example
 * ```ts
 * const verifier = staticTokens({
 *   'dev-reader': { scopes: ['notes:read'], subject: 'ray', clientId: 'cli' },
 *   'dev-writer': { scopes: ['notes:read', 'notes:write'] },
 * });
 * ```
 * @throws {@link TypeError} for a token that no request can carry, or that comes from a variable that is
 * not set (`'undefined'`), and for a wrong entry or option; it names the token's place in the list, never
 * the token
 * @group Verifiers
 */
export function staticTokens(
  tokens: Readonly<Record<string, StaticToken>>,
  options: StaticTokensOptions = {},
): Verifier {
  const { clockTolerance } = readOptions<StaticTokensOptions, 'clockTolerance'>(
    options,
    { clockTolerance: [CLOCK_TOLERANCE, DEFAULT_CLOCK_TOLERANCE] },
    'staticTokens',
  );
  expect(isObject(tokens), 'staticTokens', 'expected an object of tokens');
  const known = Object.entries(tokens).map(([token, entry], index) => {
    const path = `staticTokens: token ${index + 1}`;
    checkToken(token, path);
    registerSecret(token);
    return { token, verified: checkEntry(entry, path) };
  });
  expect(known.length > 0, 'staticTokens', 'expected at least one token');
  const verify: Verifier = (token, context) => {
    let found: VerifiedToken | undefined;
    // Compare every entry, so that timing does not reveal which one matched.
    for (const one of known) if (isSame(one.token, token)) found = one.verified;
    if (found === undefined) context?.explain?.({ detail: 'unknown' });
    return found;
  };
  // No authorization server issues these tokens, which the empty list says.
  return Object.freeze(Object.assign(verify, { clockTolerance, issuers: NO_ISSUERS }));
}

markFactory(staticTokens);

const NO_ISSUERS: readonly string[] = Object.freeze([]);

/** Strings that JavaScript makes of values that are no token, such as a variable that is not set. */
const UNSET: ReadonlySet<string> = new Set(['', 'undefined', 'null', 'NaN', 'false', 'true']);

function checkToken(token: string, path: string): void {
  expect(!UNSET.has(token), path, `is ${JSON.stringify(token)}: was a variable not set?`);
  // A gate with `tokenSyntax: 'opaque'` accepts all visible ASCII characters but the comma.
  const isOpaque = /^[!-+\--~]+$/.test(token);
  expect(isOpaque, path, 'has a character that a Bearer token cannot have');
}

function checkEntry(given: StaticToken, path: string): VerifiedToken {
  expect(isObject(given), path, 'expected { scopes }');
  // Copy into an object without a prototype, so that a polluted one supplies no member.
  const entry = Object.assign(Object.create(null) as StaticToken, given);
  const { scopes, subject, clientId, kind, expiresAt, ...others } = entry;
  for (const name of Object.keys(others)) throw new TypeError(`${path}, ${name}: unknown member`);
  const isList = Array.isArray(scopes) && scopes.every(isScopeToken);
  expect(isList, `${path}, scopes`, 'expected a list of scope names');
  for (const [name, value] of Object.entries({ subject, clientId })) {
    const isText = value === undefined || (typeof value === 'string' && value !== '');
    expect(isText, `${path}, ${name}`, 'expected a non-empty string');
  }
  if (kind !== undefined) checkKind(kind, `${path}, kind`, ['user', 'client']);
  if (expiresAt !== undefined) checkKind(expiresAt, `${path}, expiresAt`, EPOCH_SECONDS);
  return Object.freeze({ scopes: Object.freeze([...scopes]), subject, clientId, kind, expiresAt });
}

/** A value in milliseconds would be read as a date thousands of years ahead. */
const EPOCH_SECONDS: NumberKind = {
  min: 0,
  max: MAX_EPOCH_SECONDS - 1,
  unit: 'seconds since the epoch',
};

/** Compares every character, so that timing does not reveal a common prefix. It may reveal the length. */
function isSame(known: string, given: string): boolean {
  if (known.length !== given.length) return false;
  let difference = 0;
  for (let index = 0; index < given.length; index++) {
    difference |= given.charCodeAt(index) ^ known.charCodeAt(index);
  }
  return difference === 0;
}
