/**
 * Parses a JWT in compact serialization (RFC 7515 s7.1, RFC 7519 s7.2). Nothing is verified.
 *
 * @module
 */
import type { Claims } from './types.js';

/** Header and claims of a JWT, not verified. */
export interface ParsedJwt {
  readonly header: Claims;
  readonly claims: Claims;
}

/** Maximum number of characters of a token; longer tokens are refused without parsing. */
const MAX_LENGTH = 16 * 1024;

/** Matches three parts of base64url without padding, none of them empty. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Returns header and claims, or `undefined` for a token that is longer than 16 KiB, does not have three parts
 * (five are a JWE), is not canonical base64url, or whose header or claims are no JSON object in UTF-8. The last
 * one of repeated members counts (RFC 7519 s4), as in jose.
 */
export function parseJwt(token: string): ParsedJwt | undefined {
  if (token.length > MAX_LENGTH || !COMPACT.test(token)) return undefined;
  const first = token.indexOf('.');
  const last = token.lastIndexOf('.');
  // Another spelling of the same signature is refused: a list of the texts of revoked tokens would not have it.
  if (!isCanonical(token.slice(last + 1))) return undefined;
  const header = parseObject(token.slice(0, first));
  const claims = header && parseObject(token.slice(first + 1, last));
  return claims && { header, claims };
}

/** A decoder that throws on bytes that are not UTF-8, and does not skip a byte order mark (RFC 8259 s8.1). */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
// eslint-disable-next-line no-control-regex -- ASCII is everything up to DEL
const ASCII = /^[\u0000-\u007F]*$/;

function parseObject(part: string): Claims | undefined {
  if (!isCanonical(part)) return undefined;
  try {
    const text = atob(part.replaceAll('-', '+').replaceAll('_', '/'));
    if (ASCII.test(text)) return toObject(JSON.parse(text));
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    return toObject(JSON.parse(UTF8.decode(bytes)));
  } catch {
    return undefined;
  }
}

function toObject(value: unknown): Claims | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Claims)
    : undefined;
}

/** Whether the unused bits of the last character are zero (RFC 4648 s3.5). */
function isCanonical(part: string): boolean {
  const last = part.at(-1) ?? '';
  switch (part.length % 4) {
    case 0:
      return true;
    case 2:
      return 'AQgw'.includes(last);
    case 3:
      return 'AEIMQUYcgkosw048'.includes(last);
    default:
      return false;
  }
}
