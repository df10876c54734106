/**
 * Writes Bearer challenges. Only this file determines the order and the content of their parameters.
 *
 * @module
 */
import { DESCRIPTION, SCOPE, consistsOf } from '../http/index.js';
import type { CharacterClass } from '../http/index.js';
import { DELTA_SECONDS, checkKind, expect, expectUrl, wireName } from '../options.js';
import { PARAMETER, expectUnmistakable, serializeScope } from '../scope/index.js';
import { ownMember } from '../values.js';

/** The parameters of a Bearer challenge. */
export interface BearerChallengeOptions {
  readonly error?:
    | 'invalid_request'
    | 'invalid_token'
    | 'insufficient_scope'
    | 'insufficient_user_authentication'
    | (string & {});
  /** All scopes of one complete alternative that is enough, because `scope` cannot express "or". */
  readonly scope?: string | Iterable<string>;
  /** The absolute URL of the RFC 9728 document. */
  readonly resourceMetadata?: string;
  /** A text for developers, not for end users. Unsafe characters are replaced, never escaped. */
  readonly errorDescription?: string;
  readonly realm?: string;
  readonly errorUri?: string;
  /** Authentication context classes (RFC 9470), any one of which is enough, the preferred one first. */
  readonly acrValues?: string | Iterable<string>;
  /** The maximum age of the login in seconds (RFC 9470). */
  readonly maxAge?: number;
  /**
   * The length in characters above which `error_description` is left out of the header value, and then the
   * whole `scope`, because a shortened list of scopes would be wrong. Other parameters are never left out, nor
   * is the only parameter of a challenge.
   *
   * @default 4096
   */
  readonly maxLength?: number;
}

const DEFAULT_LENGTH = 4096;

/**
 * Writes a Bearer challenge: `error`, `scope`, `resource_metadata`, then the rarer parameters, and
 * `error_description` last. All values are quoted. Many clients search the line without a parser and take the
 * first match, so the parameters that they search for come first, and no value may look like one of them.
 *
 * Any text is accepted as `errorDescription`, and is made safe. An empty description or `scope` is left out.
 *
 * @example
 * ```ts
 * const value = bearerChallenge({
 *   error: 'insufficient_scope',
 *   scope: ['notes:write'],
 *   resourceMetadata: protectedResourceMetadataUrl('https://notes.example.com/mcp'),
 * });
 * return new Response(null, { status: 403, headers: { 'WWW-Authenticate': value } });
 * ```
 * @throws {@link TypeError} if a value other than `errorDescription` does not match its grammar or contains the
 * name of a parameter with `=`, or if there is no parameter, since RFC 6750 s3 requires one
 * @group Challenges
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-3 RFC 6750 s3}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-5.1 RFC 9728 s5.1}
 */
export function bearerChallenge(options: BearerChallengeOptions): string {
  return writeBearer(bearerParameters(options));
}

/**
 * Returns the parameters that {@link bearerChallenge} writes, in order, by their names in the header.
 * `error_description` and `scope` are left out if they do not fit into `maxLength`.
 */
export function bearerParameters(options: BearerChallengeOptions): ReadonlyMap<string, string> {
  const params = new Map<string, string>();
  for (const [name, toText] of Object.entries(PARAMETERS)) {
    const value = ownMember(options, name);
    const text = value === undefined ? '' : toText(value as never, name);
    if (text !== '') params.set(wireName(name), text);
  }
  if (params.size === 0) throw new TypeError('a Bearer challenge needs at least one parameter');
  const maxLength = (ownMember(options, 'maxLength') as number | undefined) ?? DEFAULT_LENGTH;
  for (const name of ['error_description', 'scope']) {
    if (writeBearer(params).length <= maxLength) break;
    if (params.size > 1) params.delete(name);
  }
  return params;
}

type Parameter = Exclude<keyof BearerChallengeOptions, 'maxLength'>;

/**
 * The parameters in their order, each with the function that checks and writes its value. If the function
 * returns `''`, the parameter is left out.
 */
const PARAMETERS: {
  readonly [P in Parameter]: (
    value: NonNullable<BearerChallengeOptions[P]>,
    path: string,
  ) => string;
} = {
  error: legal,
  scope: scopes,
  resourceMetadata: url,
  // `acr_values` has the syntax of `scope`: values with spaces between them (RFC 9470 s3).
  acrValues: scopes,
  maxAge: seconds,
  realm: legal,
  errorUri: url,
  errorDescription: toDescription,
};

/**
 * Writes the challenge. It escapes nothing, because the checks of all values refuse quotes and backslashes, as
 * RFC 6750 s3 does.
 */
export function writeBearer(params: ReadonlyMap<string, string>): string {
  return `Bearer ${[...params].map(([name, value]) => `${name}="${value}"`).join(', ')}`;
}

function legal(value: string, path: string, characters: CharacterClass = DESCRIPTION): string {
  const isLegal = consistsOf(value, characters);
  expect(isLegal, path, `${JSON.stringify(value)} holds a character that RFC 6750 s3 forbids`);
  expectUnmistakable(value, path);
  return value;
}

/** The characters that RFC 6750 s3 does not allow: all except `%x20-21 / %x23-5B / %x5D-7E`. */
const ILLEGAL = /[^\x20\x21\x23-\x5b\x5d-\x7e]/g;

/**
 * Turns any text into a legal description. `"`, `\`, control characters and characters outside ASCII become
 * a space, several spaces become one, and `=` is removed after names of parameters such as `scope`, since
 * many clients take the first match anywhere in the line for the parameter. Returns `''` if nothing is left.
 */
export function toDescription(text: string): string {
  const plain = text.replaceAll(ILLEGAL, ' ').replaceAll(PARAMETER, '$1 ');
  return plain.replaceAll(/ {2,}/g, ' ').trim();
}

/**
 * Checks an absolute URL for `resource_metadata` or `error_uri`. RFC 6750 s3 allows only %x21 / %x23-5B /
 * %x5D-7E in `error_uri`.
 */
function url(value: string, path: string): string {
  expectUrl(value, path);
  return legal(value, path, SCOPE);
}

function scopes(value: string | Iterable<string>, path: string): string {
  return legal(serializeScope(value), path);
}

function seconds(value: number, path: string): string {
  checkKind(value, path, DELTA_SECONDS);
  return String(value);
}
