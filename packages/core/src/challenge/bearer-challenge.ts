/**
 * Bearer challenges, byte for byte: the one place that decides their order and their content.
 *
 * @module
 */
import { DESCRIPTION, SCOPE, consistsOf, serializeChallenge } from '../http/index.js';
import { serializeScope } from '../scope/index.js';
import { readsLikeParameter, toDescription } from './description.js';

/** What a Bearer challenge can say. */
export interface BearerChallengeOptions {
  readonly error?:
    | 'invalid_request'
    | 'invalid_token'
    | 'insufficient_scope'
    | 'insufficient_user_authentication'
    | (string & {});
  /** All scopes the request needs: one complete alternative (`scope` cannot say "or"). */
  readonly scope?: string | Iterable<string>;
  /** Absolute URL of the RFC 9728 document. */
  readonly resourceMetadata?: string;
  /** For developers, not for end users. Unsafe characters are replaced, never escaped. */
  readonly errorDescription?: string;
  readonly realm?: string;
  readonly errorUri?: string;
  /** RFC 9470: any one of these is enough, the preferred one first. */
  readonly acrValues?: string | Iterable<string>;
  /** RFC 9470: how old the login may be, in seconds. */
  readonly maxAge?: number;
  /**
   * Longest header value. Past it `error_description` is left out, then `scope`, whole:
   * a shortened list of scopes would be a wrong one.
   *
   * @default 4096
   */
  readonly maxLength?: number;
}

export const DEFAULT_CHALLENGE_LENGTH = 4096;

/**
 * Writes a Bearer challenge: `error`, `scope`, `resource_metadata`, then the rarer ones,
 * `error_description` last, all quoted. Many clients search the line without a grammar and take the
 * first match, so what they look for comes first and nothing in front of it can be mistaken for it.
 *
 * `error_description` is made safe, whatever it holds. An empty `scope` is left out.
 *
 * @throws {@link TypeError} when another value does not fit its grammar, or nothing is left to say:
 * RFC 6750 s3 forbids a bare `Bearer`
 * @group Challenges
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-3 RFC 6750 s3}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-5.1 RFC 9728 s5.1}
 */
export function bearerChallenge(options: BearerChallengeOptions): string {
  const params = new Map<string, string>();
  const set = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') params.set(name, value);
  };
  set('error', plain('error', options.error));
  set('scope', scopes('scope', options.scope));
  set('resource_metadata', url('resourceMetadata', options.resourceMetadata));
  set('acr_values', scopes('acrValues', options.acrValues));
  set('max_age', maxAge(options.maxAge));
  set('realm', plain('realm', options.realm));
  set('error_uri', url('errorUri', options.errorUri));
  set('error_description', toDescription(options.errorDescription ?? ''));
  return fitted(params, options.maxLength ?? DEFAULT_CHALLENGE_LENGTH);
}

function fitted(params: Map<string, string>, maxLength: number): string {
  let text = serializeChallenge({ scheme: 'Bearer', params });
  for (const name of ['error_description', 'scope']) {
    if (text.length <= maxLength) break;
    if (params.size > 1 && params.delete(name))
      text = serializeChallenge({ scheme: 'Bearer', params });
  }
  return text;
}

function checked(name: string, value: string, characters: number): string {
  if (consistsOf(value, characters)) return unmistakable(name, value);
  throw new TypeError(
    `${name}: ${JSON.stringify(value)} holds a character that RFC 6750 s3 forbids`,
  );
}

/** `error_uri` is %x21 / %x23-5B / %x5D-7E; an absolute URL fits that, for both. */
function url(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (!URL.canParse(value))
    throw new TypeError(`${name}: ${JSON.stringify(value)} is not absolute`);
  return checked(name, value, SCOPE);
}

function plain(name: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : checked(name, value, DESCRIPTION);
}

/** RFC 9470 s3 writes `acr_values` as `scope` is written; both share their characters. */
function scopes(name: string, value: string | Iterable<string> | undefined): string | undefined {
  return value === undefined ? undefined : unmistakable(name, serializeScope(value));
}

function unmistakable(name: string, value: string): string {
  if (!readsLikeParameter(value)) return value;
  throw new TypeError(
    `${name}: ${JSON.stringify(value)} reads like another parameter to some clients`,
  );
}

function maxAge(value: number | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (Number.isSafeInteger(value) && value >= 0) return String(value);
  throw new TypeError(`maxAge: ${String(value)} is not a non-negative integer of seconds`);
}
