/**
 * Parses `Authorization` (RFC 9110 s11.6.2) as a protected resource must: it returns one credential, or the
 * reason why there is none.
 *
 * @module
 */
import type { Problem } from '../errors.js';
import {
  COMMA,
  DQUOTE,
  EQUALS,
  SP,
  TOKEN,
  closingQuote,
  skip,
  skipWhitespace,
  trimmedEnd,
} from './characters.js';

/** The reason why credentials are malformed. */
export type AuthorizationProblemCode =
  /** The value does not begin with an authentication scheme. */
  | 'missing-scheme'
  /**
   * `Bearer` or `DPoP` comes without a token, which clients send if their variable is empty. A resource
   * answers as if there were no credentials.
   */
  | 'missing-token'
  /**
   * The token contains a character that `tokenSyntax` does not allow, such as white space or a character
   * outside ASCII, or the scheme is followed by another character than a space.
   */
  | 'illegal-character'
  /**
   * A comma shows that there is more than one credential, in one field line or in several (RFC 6750 s3.1
   * `invalid_request`). With schemes other than Bearer and DPoP, a comma may also separate parameters.
   */
  | 'several-credentials';

/** The content of an `Authorization` header. */
export type Authorization =
  | { readonly kind: 'none' }
  | { readonly kind: 'credentials'; readonly scheme: 'bearer' | 'dpop'; readonly token: string }
  | { readonly kind: 'other'; readonly scheme: string }
  | { readonly kind: 'malformed'; readonly problem: Problem<AuthorizationProblemCode> };

export interface ParseAuthorizationOptions {
  /**
   * The characters that a token may have. `b64token` is the syntax of RFC 6750 s2.1. `opaque` allows all
   * visible ASCII characters except the comma, for API keys.
   *
   * @default 'b64token'
   */
  readonly tokenSyntax?: 'b64token' | 'opaque';
}

const NONE: Authorization = Object.freeze({ kind: 'none' });

/**
 * Parses the value of `Authorization`. Repeated field lines must be joined with `, `: no token contains a
 * comma, so a comma shows a second credential.
 *
 * White space around the value is ignored. An absent or empty value is `none`. `Bearer` and `DPoP` are
 * `credentials` (scheme in any case, one or more spaces, one token). Other schemes are `other`; their content
 * is only searched for a second credential. The function never throws, and does not check whether the token
 * is valid.
 *
 * @example
 * ```ts
 * const found = parseAuthorization(request.headers.get('authorization'));
 * if (found.kind === 'credentials' && found.scheme === 'bearer') await verify(found.token);
 * ```
 * @group Headers
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-2.1 RFC 6750 s2.1}
 */
export function parseAuthorization(
  value: string | null,
  options?: ParseAuthorizationOptions,
): Authorization {
  if (value === null) return NONE;
  // White space around a value belongs to the field line, not to the value (RFC 9110 s5.5).
  const first = skipWhitespace(value, 0);
  const length = trimmedEnd(value, first);
  if (first === length) return NONE;
  const schemeEnd = skip(value, first, TOKEN);
  if (schemeEnd === first) return illFormed(value, 'missing-scheme', first);
  const afterScheme = schemeEnd < length ? value.charCodeAt(schemeEnd) : SP;
  if (afterScheme !== SP) return illFormed(value, 'illegal-character', schemeEnd);
  const scheme = value.slice(first, schemeEnd).toLowerCase();
  if (scheme !== 'bearer' && scheme !== 'dpop') return otherScheme(value, scheme);

  let start = schemeEnd;
  while (value.charCodeAt(start) === SP) start++;
  const end = tokenEnd(value, start, options?.tokenSyntax);
  if (end < length) return illFormed(value, 'illegal-character', end);
  if (end === start) return malformed('missing-token', end);
  return { kind: 'credentials', scheme, token: value.slice(start, end) };
}

/**
 * Matches a token (RFC 6750 s2.1). For long tokens, engines run a pattern three times faster than a loop.
 */
const B64TOKEN = /[\w\-.~+/]+=*/y;
/** Matches visible ASCII except the comma. */
const OPAQUE = /[!-+\--~]+/y;

function tokenEnd(
  value: string,
  start: number,
  syntax: ParseAuthorizationOptions['tokenSyntax'],
): number {
  const token = syntax === 'opaque' ? OPAQUE : B64TOKEN;
  token.lastIndex = start;
  return token.test(value) ? token.lastIndex : start;
}

/**
 * Returns a credential of a scheme other than Bearer and DPoP. If a second credential follows, this is an
 * error, as after a Bearer token (RFC 6750 s2).
 */
function otherScheme(value: string, scheme: string): Authorization {
  return hasSecond(value)
    ? malformed('several-credentials', value.indexOf(','))
    : { kind: 'other', scheme };
}

/**
 * Whether a comma outside of quotes is followed by a token without `=`, which is the scheme of another
 * credential (RFC 9110 s11.4).
 */
function hasSecond(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code === DQUOTE) i = closingQuote(value, i);
    else if (code === COMMA && beginsCredential(value, skipWhitespace(value, i + 1))) return true;
  }
  return false;
}

function beginsCredential(value: string, start: number): boolean {
  const end = skip(value, start, TOKEN);
  return end > start && value.charCodeAt(skipWhitespace(value, end)) !== EQUALS;
}

/**
 * Returns the problem of an invalid value. If a comma follows, the problem is a second credential, such as one
 * from another field line (RFC 9110 s5.3), instead of `code`.
 */
function illFormed(value: string, code: AuthorizationProblemCode, offset: number): Authorization {
  const comma = value.indexOf(',', offset);
  return comma === -1 ? malformed(code, offset) : malformed('several-credentials', comma);
}

function malformed(code: AuthorizationProblemCode, offset: number): Authorization {
  return { kind: 'malformed', problem: { code, offset } };
}
