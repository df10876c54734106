/**
 * Makes rules about the login from which a token comes (RFC 9470), and about the kind of its holder: a user
 * or a client.
 *
 * @module
 */
import { bearerChallenge } from '../challenge/index.js';
import { DELTA_SECONDS, expect, readOptions } from '../options.js';
import { isScopeToken } from '../scope/index.js';
import { ownMember, present } from '../values.js';
import { foldRule } from './fold-rule.js';
import { authenticated, makeNode, where } from './rule.js';
import type {
  Auth,
  CompiledRule,
  LoginReader,
  LoginRequirement,
  LoginTime,
  Predicate,
  RecentLogin,
  Rule,
  Where,
} from './types.js';

/**
 * Requires a login that is recent enough, or of one of the named classes, or both, for operations that a
 * stolen session must not perform. The rule reads `auth_time` and `acr` from the token or the
 * introspection answer. If one that it needs is missing or of another type, the rule is not satisfied.
 *
 * Combine the rule with scopes by `allOf` and `anyOf`. Missing scopes are reported first, with a 403, since
 * every client understands that. If the token has the scopes and only the login is missing, the answer is
 * 401 `insufficient_user_authentication` with `max_age` and `acr_values`, and with the scopes, so that the
 * next token has them as well. The answer to an invalid token does not mention the login.
 *
 * The rule trusts the authorization server that the login was of the class that `acr` names.
 *
 * @example
 * ```ts
 * const purge = allOf('notes:purge', recentLogin({ maxAge: 300, acrValues: ['phr'] }));
 * ```
 * @param options - at least one of two members: `maxAge` in seconds, from 1 (no login could have an age of
 * 0) to 2^31 - 1; `acrValues`, any one of which is enough, the preferred one first
 * @throws {@link TypeError} naming the option
 * @group Rules
 * @see {@link https://www.rfc-editor.org/rfc/rfc9470#section-3 RFC 9470 s3}
 */
export function recentLogin(options: LoginRequirement): RecentLogin {
  const read = readOptions<LoginRequirement>(options, LOGIN, 'recentLogin');
  const { maxAge, acrValues } = read;
  const isEmpty = maxAge === undefined && acrValues === undefined;
  expect(!isEmpty, 'recentLogin', 'expected maxAge, acrValues or both');
  expect(acrValues?.length !== 0, 'recentLogin.acrValues', 'expected at least one value');
  // Write a challenge now, so that a value that no challenge can contain is an error before the first request.
  for (const [index, acr] of (acrValues ?? []).entries()) {
    const path = `recentLogin.acrValues[${index}]`;
    expect(isScopeToken(acr), path, 'expected visible ASCII without spaces');
    bearerChallenge({ acrValues: [acr] });
  }
  const acrList = acrValues && Object.freeze([...acrValues]);
  const login = present({ ...read, acrValues: acrList }) as LoginRequirement;
  return makeNode('recentLogin', { login, logins: LOGINS });
}

const LOGIN: Parameters<typeof readOptions<LoginRequirement>>[1] = {
  maxAge: [{ ...DELTA_SECONDS, min: 1 }],
  acrValues: ['a list'],
};

/**
 * Restricts a rule (default: any valid token) to tokens that act for a user. A token whose `sub` is its
 * client is denied, and so is a token that lacks `sub` or the client, since the caller may be either (see
 * `identify` of the verifiers).
 *
 * @example
 * ```ts
 * app.delete('/account', protect(gate, usersOnly('account:delete')), deleteAccount);
 * ```
 * @group Rules
 */
export function usersOnly<const S extends string = never>(needed?: Rule<S>): Where<S> {
  return where(isUser, needed ?? authenticated());
}

/**
 * Restricts a rule (default: any valid token) to clients that act for themselves: the token's `sub` is its
 * client, or the provider or `identify` decides so. A caller whose kind is not known is denied.
 *
 * @example
 * ```ts
 * app.post('/jobs', protect(gate, clientsOnly('jobs:run')), startJob);
 * ```
 * @group Rules
 */
export function clientsOnly<const S extends string = never>(needed?: Rule<S>): Where<S> {
  return where(isClient, needed ?? authenticated());
}

// Constants, so that two of these rules with the same parts are the same rule.
const isUser: Predicate = ({ auth }) => auth.kind === 'user';
const isClient: Predicate = ({ auth }) => auth.kind === 'client';

const LOGINS: LoginReader = Object.freeze({ holds, missing, describe });

/**
 * Whether the login of the token meets the requirement. The claims are those of RFC 9470 s6; a missing one does
 * not meet it.
 */
function holds(
  { claims }: Auth,
  { maxAge, acrValues }: LoginRequirement,
  time: LoginTime,
): boolean {
  return (
    (maxAge === undefined || isWithin(maxAge, ownMember(claims, 'auth_time'), time)) &&
    (acrValues === undefined || acrValues.some((acr) => acr === ownMember(claims, 'acr')))
  );
}

function describe({ maxAge, acrValues }: LoginRequirement): string {
  const age = maxAge === undefined ? '' : ` at most ${maxAge} seconds old`;
  const kind = acrValues === undefined ? '' : ` of acr ${acrValues.join(' or ')}`;
  return `a login${age}${age !== '' && kind !== '' ? ',' : ''}${kind}`;
}

function missing(
  { rule }: CompiledRule,
  has: (scope: string) => boolean,
): LoginRequirement | undefined {
  const logins = foldRule<Logins>(rule, {
    scope: (scope) => (has(scope) ? [] : undefined),
    allOf(parts) {
      const possible = parts.filter((part) => part !== undefined);
      return possible.length < parts.length ? undefined : [...new Set(possible.flat())];
    },
    anyOf: (parts) =>
      parts.reduce((best, part) =>
        best === undefined || (part !== undefined && part.length < best.length) ? part : best,
      ),
    where: () => undefined,
    computed: () => undefined,
    recentLogin: ({ login }) => [login],
    authenticated: () => [],
    publicAccess: () => [],
    deny: () => undefined,
  });
  return logins === undefined || logins.length === 0 ? undefined : together(logins);
}

/**
 * The login requirements that a rule adds to the scopes of the token; `undefined` if a new login would not
 * satisfy the rule.
 */
type Logins = readonly LoginRequirement[] | undefined;

/** Combines requirements into one that meets all of them; `undefined` if no login can. */
function together(logins: readonly LoginRequirement[]): LoginRequirement | undefined {
  const ages = logins.flatMap(({ maxAge }) => maxAge ?? []);
  const lists = logins.flatMap(({ acrValues }) => (acrValues === undefined ? [] : [acrValues]));
  // A token has one `acr`, so all lists must share a value.
  const acrValues = lists[0]?.filter((acr) => lists.every((list) => list.includes(acr)));
  if (acrValues?.length === 0) return undefined;
  return {
    ...(ages.length > 0 && { maxAge: Math.min(...ages) }),
    ...(acrValues !== undefined && { acrValues }),
  };
}

/**
 * Whether the login is at most `maxAge` seconds old. It may be in the future by the tolerance, because the
 * issuer's clock may be ahead.
 */
function isWithin(maxAge: number, loggedInAt: unknown, time: LoginTime): boolean {
  if (typeof loggedInAt !== 'number') return false;
  const age = time.now - loggedInAt;
  return age <= maxAge && age >= -time.clockTolerance;
}
