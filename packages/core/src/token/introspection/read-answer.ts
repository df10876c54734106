/**
 * Reads an introspection response (RFC 7662 s2.2).
 *
 * @module
 */
import { hasRepeatedMember } from './repeated-member.js';

/** What the authorization server says of an active token, frozen; `undefined` if it is not active. */
export type Answer = Claims | undefined;

export type Claims = Readonly<Record<string, unknown>>;

/**
 * Reads the body of an answer with status 200 or 400.
 *
 * @throws {@link Error} when it is no introspection response, so that nobody knows of the token
 */
export function readAnswer(text: string, status: number, name: string): Answer {
  const body = parse(text, name);
  if (status === 400) {
    // Not in RFC 7662, but sent: the server does not introspect this kind of token, so it is none
    // of those that it vouches for here. Anything else is a quarrel with us.
    if (own(body, 'error') === 'unsupported_token_type') return undefined;
    throw new Error(`${name} answered 400`);
  }
  if (!Object.hasOwn(body, 'active')) {
    throw new Error(`${name} answered without \`active\`: it is no introspection endpoint`);
  }
  // RFC 7662 s2.2: a boolean; `"true"` and 1 are not it.
  if (body['active'] !== true) return undefined;
  return body;
}

function parse(text: string, name: string): Claims {
  let body: unknown;
  try {
    body = JSON.parse(text, (_key, value: unknown) => Object.freeze(value));
  } catch {
    // The parser's own message quotes the text, which may hold a token.
    throw new Error(`${name} answered with what is no JSON`);
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Error(`${name} answered with what is no JSON object`);
  }
  // RFC 8259 s4: which of two same-named members counts differs between readers.
  if (hasRepeatedMember(text)) throw new Error(`${name} answered with a repeated member`);
  return body as Claims;
}

/** Own members only: a polluted prototype must not become an answer. */
export function own(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}
