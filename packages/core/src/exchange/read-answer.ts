/**
 * Checks the answer of a token endpoint for what `oauth4webapi` does not check.
 *
 * @module
 */
import { decodeJwt } from 'jose';
import { isForAudience, isTokenText } from '../token/index.js';
import { hasRepeatedMember, ownMember, ownText, parseJson } from '../values.js';
import { ACCESS_TOKEN } from './check-options.js';
import type { ExchangeSettings } from './check-options.js';
import { MissingConsent, UpstreamTokenError } from './errors.js';

/** A token for the API. */
export interface Exchanged {
  readonly token: string;
  /** Seconds until it expires; `undefined` if the server did not say. */
  readonly expiresIn: number | undefined;
}

/** The types of issued tokens that can be used as access tokens (RFC 8693 s3). */
const ACCESS_TOKENS: ReadonlySet<unknown> = new Set([
  ACCESS_TOKEN,
  'urn:ietf:params:oauth:token-type:jwt',
]);

/**
 * Reads a successful answer.
 *
 * @param text - the body as it came
 * @param asked - the scopes that were asked for; empty if none
 * @param inbound - the caller's own token, which the server must not return
 * @param isExchange - whether the caller's token was exchanged; else this server asked for its own token
 * @throws {@link MissingConsent} if a scope is missing
 * @throws {@link UpstreamTokenError} if the token is not what was asked for
 */
export function readAnswer(
  text: string,
  asked: readonly string[],
  inbound: string,
  isExchange: boolean,
  { provider, dpop, target }: ExchangeSettings,
): Exchanged {
  const answer = parseJson(text);
  // Readers differ in which of two members with the same name counts (RFC 8259 s4).
  check(!hasRepeatedMember(text, answer), 'repeats a member');
  const token = ownMember(answer, 'access_token');
  check(isTokenText(token) && token !== inbound, 'has no usable access_token');
  // RFC 6749 s7.1: a client must not use a token whose type it does not understand, nor an unbound one with DPoP.
  const type = ownText(answer, 'token_type')?.toLowerCase();
  check(type === (dpop === undefined ? 'bearer' : 'dpop'), 'has another token_type');
  const issued = ownMember(answer, 'issued_token_type');
  const isTyped = !isExchange || (issued === undefined && provider.untypedAnswers === true);
  check(isTyped || ACCESS_TOKENS.has(issued), 'has another issued_token_type');
  const expiresIn = ownMember(answer, 'expires_in');
  const isTime = typeof expiresIn === 'number' && expiresIn > 0;
  check(expiresIn === undefined || isTime, 'has an unusable expires_in');
  checkScopes(ownText(answer, 'scope'), asked, provider);
  const expected = target['resource'] ?? target['audience'];
  if (expected !== undefined && provider.otherAudience !== true) {
    check(isFor(token, expected), 'is for another audience');
  }
  return { token, expiresIn: isTime ? expiresIn : undefined };
}

function check(holds: boolean, problem: string): asserts holds {
  if (!holds) throw new UpstreamTokenError('exchange_invalid', `the token answer ${problem}`);
}

/** Checks the scopes of an answer. Without `scope`, those asked for were granted (RFC 8693 s2.2.1). */
function checkScopes(
  scope: string | undefined,
  asked: readonly string[],
  { otherScopes = [], foldScopes = false }: ExchangeSettings['provider'],
): void {
  if (scope === undefined || asked.length === 0) return;
  const fold = (one: string): string => (foldScopes ? one.toLowerCase() : one);
  const granted = new Set(scope.split(' ').filter(Boolean).map(fold));
  const missing = asked.filter((one) => !granted.has(fold(one)));
  if (missing.length > 0) throw new MissingConsent(asked);
  const allowed = new Set([...asked.map(fold), ...(otherScopes === true ? granted : otherScopes)]);
  check(
    [...granted].every((one) => allowed.has(one)),
    'has other scopes',
  );
}

/**
 * Whether a token may be for the API. A client must not rely on the content of tokens (RFC 9068 s6), so only a
 * JWT that names another audience is refused: the API that receives such a token could use it at that audience.
 */
function isFor(token: string, expected: string): boolean {
  let aud: unknown;
  try {
    ({ aud } = decodeJwt(token));
  } catch {
    return true;
  }
  return aud === undefined || isForAudience(aud, [expected]);
}
