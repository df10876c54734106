/**
 * Writes one challenge of `WWW-Authenticate`: the strict inverse of `parseChallenges`.
 *
 * @module
 */
import { PRINTABLE, TOKEN, TOKEN68, consistsOf, skip } from './characters.js';

/** A challenge to serialize. An object that `parseChallenges` returned has this type. */
export interface SerializableChallenge {
  readonly scheme: string;
  readonly params?: ReadonlyMap<string, string> | Readonly<Record<string, string>>;
  readonly token68?: string;
}

/** The spelling of schemes for clients that compare case, although RFC 9110 s11.1 does not allow this. */
const SPELLING: ReadonlyMap<string, string> = new Map([
  ['basic', 'Basic'],
  ['bearer', 'Bearer'],
  ['digest', 'Digest'],
  ['dpop', 'DPoP'],
  ['negotiate', 'Negotiate'],
]);

/**
 * Serializes a challenge: the scheme, one space, and the parameters in the given order with `, ` between
 * them. Every value is quoted. Names of parameters are written in lower case, and well-known schemes in their
 * usual spelling.
 *
 * It writes only printable ASCII. It does not check the meaning of a value; `bearerChallenge` does.
 *
 * @example
 * ```ts
 * serializeChallenge({ scheme: 'basic', params: { realm: 'notes', charset: 'UTF-8' } });
 * // Basic realm="notes", charset="UTF-8"
 * ```
 * @throws {@link TypeError} if a part does not match the grammar, a parameter comes twice, there are a token68
 * and parameters, or a Bearer challenge has no parameter (RFC 6750 s3 requires one)
 * @group Headers
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1 RFC 9110 s11.6.1}
 */
export function serializeChallenge(challenge: SerializableChallenge): string {
  const { scheme, token68 } = challenge;
  if (!isToken(scheme)) throw new TypeError(`challenge scheme ${quote(scheme)} is not a token`);
  const name = SPELLING.get(scheme.toLowerCase()) ?? scheme;
  const params = [...entriesOf(challenge.params)];
  if (token68 !== undefined) {
    if (params.length > 0) throw new TypeError('a challenge has a token68 or parameters, not both');
    if (name === 'Bearer') throw new TypeError('a Bearer challenge has parameters, no token68');
    if (!isToken68(token68)) throw new TypeError(`${quote(token68)} is not a token68`);
    return `${name} ${token68}`;
  }
  if (params.length === 0) {
    if (name === 'Bearer') throw new TypeError('a Bearer challenge needs at least one parameter');
    return name;
  }
  const seen = new Set<string>();
  const written = params.map(([param, value]) => {
    if (!isToken(param)) throw new TypeError(`parameter name ${quote(param)} is not a token`);
    const key = param.toLowerCase();
    if (seen.has(key)) throw new TypeError(`parameter ${quote(key)} is given twice`);
    seen.add(key);
    return `${key}=${quotedString(param, value)}`;
  });
  return `${name} ${written.join(', ')}`;
}

function entriesOf(
  params: SerializableChallenge['params'] = {},
): Iterable<readonly [string, string]> {
  return params instanceof Map
    ? (params as ReadonlyMap<string, string>)
    : Object.entries(params as Readonly<Record<string, string>>);
}

function isToken(text: string): boolean {
  return typeof text === 'string' && text !== '' && consistsOf(text, TOKEN);
}

function isToken68(text: string): boolean {
  const end = skip(text, 0, TOKEN68);
  return end > 0 && /^=*$/.test(text.slice(end));
}

function quotedString(param: string, value: string): string {
  if (typeof value !== 'string' || !consistsOf(value, PRINTABLE)) {
    throw new TypeError(`the value of parameter ${quote(param)} must be printable ASCII`);
  }
  return `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

function quote(text: unknown): string {
  return JSON.stringify(text) ?? String(text);
}
