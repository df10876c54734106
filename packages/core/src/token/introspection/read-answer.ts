/**
 * Reads an introspection response (RFC 7662 s2.2).
 *
 * @module
 */
import { freezeToken } from '../index.js';
import type { Claims, FreezeTokenOptions, ReadScopes, VerifiedToken } from '../index.js';
import { hasRepeatedMember, ownMember } from '../../values.js';

/** The statements of the authorization server about an active token, frozen. */
export interface ActiveToken {
  readonly claims: Claims;
  /** The verified token with these claims, made once for all requests that get it. */
  readonly verified: VerifiedToken;
  /** Number of characters of the answer. */
  readonly length: number;
}

/** What the verifier's options say about its tokens. */
export interface AnswerOptions extends Pick<FreezeTokenOptions, 'identify' | 'issuer'> {
  readonly readScopes: ReadScopes;
}

/** The answer about a token; `undefined` if the token is not active. */
export type Answer = ActiveToken | undefined;

/**
 * Reads the body of an answer with status 200 or 400.
 *
 * @param name - the name of the endpoint, for error messages
 * @param options - what the verifier's options say about its tokens
 * @throws {@link Error} if the text is no introspection response, so that nothing is known about the
 * token
 */
export function readAnswer(
  text: string,
  status: number,
  name: string,
  { readScopes, ...options }: AnswerOptions,
): Answer {
  const body = parse(text, name);
  if (status === 400) {
    // Some servers send `unsupported_token_type`, which RFC 7662 does not define, for tokens that they cannot
    // introspect: such a token is not active. Any other 400 is about the request of this verifier.
    if (ownMember(body, 'error') === 'unsupported_token_type') return undefined;
    throw new Error(`${name} answered 400`);
  }
  if (!Object.hasOwn(body, 'active')) {
    throw new Error(`${name} answered without \`active\`: it is no introspection endpoint`);
  }
  // `active` must be the boolean `true` (RFC 7662 s2.2), not `"true"` or 1.
  if (body['active'] !== true) return undefined;
  const verified = freezeToken(body, { ...options, scopes: readScopes(body) });
  return { claims: body, verified, length: text.length };
}

function parse(text: string, name: string): Claims {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may hold a token.
    throw new Error(`${name} answered with what is no JSON`);
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Error(`${name} answered with what is no JSON object`);
  }
  // Readers differ in which of two members with the same name counts (RFC 8259 s4).
  if (hasRepeatedMember(text, body)) throw new Error(`${name} answered with a repeated member`);
  return body as Claims;
}
