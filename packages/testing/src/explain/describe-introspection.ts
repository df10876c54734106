/**
 * Describes the answer of an introspection endpoint: expected, found, and the setting to change.
 *
 * @module
 */
import { ownMember } from '@scopegate/core/engine';
import type { CheckResult, Claims, TokenInspection } from '@scopegate/core/engine';
import { show, showClaim, showTime } from './show.js';
import type { Description, TokenCheck } from './types.js';

type Introspection = NonNullable<TokenInspection['introspection']>;

interface Context {
  readonly resource: string;
  readonly issuer: string | undefined;
  readonly isRequired: boolean;
  /** The current time in seconds. */
  readonly now: number;
}

/**
 * Asks the endpoint about a token and describes each check of the answer. If there is no usable answer, the list
 * is empty, and the check `verifier` says why.
 */
export async function describeIntrospection(
  token: string,
  { ask, isToken, issuer, requireAudience }: Introspection,
  { resource, clock }: { readonly resource: string; readonly clock: () => number },
): Promise<readonly TokenCheck[]> {
  if (!isToken(token)) {
    return [
      {
        ...{ check: 'form', ok: false, expected: 'a text that fits tokenPattern, at most 16 KiB' },
        found: `${token.length} characters`,
        setting: 'introspectionVerifier({ tokenPattern })',
      },
    ];
  }
  try {
    const answer = await ask(token, resource);
    if (answer === undefined) return [INACTIVE];
    const context = { resource, issuer, isRequired: requireAudience, now: clock() / 1000 };
    return [ACTIVE, ...answer.checks.map((check) => describe(check, answer.claims, context))];
  } catch {
    return [];
  }
}

const ACTIVE: TokenCheck = { check: 'active', ok: true, expected: 'true', found: 'true' };

const INACTIVE: TokenCheck = {
  ...{ check: 'active', ok: false, expected: 'true', found: 'the endpoint answered inactive' },
  setting:
    'get a new token; if this one is new, it is of another server or tenant, or the server does not tell this clientId about it',
};

function describe({ name, holds }: CheckResult, claims: Claims, context: Context): TokenCheck {
  const { expected, found, setting } = DESCRIPTIONS[name]?.(claims, context) ?? UNKNOWN;
  return { check: name, ok: holds, expected, found, ...(!holds && { setting }) };
}

const UNKNOWN: Description = { expected: '', found: '', setting: 'see introspectionVerifier' };

const DESCRIPTIONS: Readonly<
  Record<string, ((claims: Claims, context: Context) => Description) | undefined>
> = {
  iss: (claims, { issuer }) => ({
    expected: issuer === undefined ? 'any' : `none, or ${issuer}`,
    found: showClaim(ownMember(claims, 'iss')),
    setting: 'introspectionVerifier({ issuer }) exactly as the endpoint has it',
  }),
  aud: (claims, { resource, isRequired }) => ({
    expected: `${resource}, or the option audience${isRequired ? '' : '; it may be missing'}`,
    found: showClaim(ownMember(claims, 'aud')),
    setting:
      ownMember(claims, 'aud') === undefined
        ? 'let the endpoint name the audience (RFC 7662 s2.2); if it never does, see requireAudience'
        : 'let the client name the resource (RFC 8707), or introspectionVerifier({ audience })',
  }),
  exp: (claims, { now }) => ({
    expected: 'none, or later than now',
    found: showTime(ownMember(claims, 'exp'), now),
    setting:
      ownMember(claims, 'exp') === 0
        ? 'the endpoint writes 0 for "never": it must leave exp out (RFC 7662 s2.2)'
        : 'get a new token; if this one is new, see the clocks of both machines',
  }),
  nbf: (claims, { now }) => ({
    expected: 'none, or not later than now',
    found: showTime(ownMember(claims, 'nbf'), now),
    setting: 'see the clocks of both machines',
  }),
  type: (claims) => ({
    expected: 'token_type Bearer or none, and no mark of another kind',
    found: show(
      Object.fromEntries(
        ['token_type', 'token_use', 'typ'].map((name) => [name, ownMember(claims, name)]),
      ),
    ),
    setting: 'send the access token: this is another kind of token',
  }),
};
