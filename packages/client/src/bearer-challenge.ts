/**
 * Reads the Bearer challenge that a client must answer from a `WWW-Authenticate` value.
 *
 * @module
 */
import { isScopeToken, parseChallenges, parseScope } from '@scopegate/core';
import type { Challenge } from '@scopegate/core';
import { ownMember } from '@scopegate/core/engine';

/** The content of a Bearer challenge (RFC 6750 s3, RFC 9728 s5.1). */
export interface BearerChallenge {
  readonly error?: string | undefined;
  /** The scopes; empty if the challenge names none, or if its list contains anything but scope tokens. */
  readonly scopes: readonly string[];
  /** The URL of the metadata as received. It is not checked; `discoverResource` does that. */
  readonly resourceMetadata?: string | undefined;
  /** The server's text, without control and invisible characters. It is not escaped for HTML. */
  readonly errorDescription?: string | undefined;
  /** All parameters, as received. */
  readonly params: ReadonlyMap<string, string>;
}

/** Maximum number of characters of a value that is read. By default, Node refuses longer headers, too. */
const MAX_CHALLENGE_LENGTH = 16_384;

/**
 * Returns the Bearer challenge that the client must answer: the first usable one that names an error, or else
 * the first usable one. `resource_metadata` may come from any usable Bearer challenge.
 *
 * Returns `null` if the value has no Bearer challenge, and `undefined` if it has one but none is usable,
 * because a parameter came twice (RFC 9110 s11.2), or if the value has more than 16,384 characters.
 *
 * @example
 * ```ts
 * const challenge = readBearerChallenge(response.headers.get('www-authenticate') ?? '');
 * if (challenge?.error === 'insufficient_scope') console.log(challenge.scopes);
 * ```
 * @group Client
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-3 RFC 6750 s3}
 */
export function readBearerChallenge(
  value: string | readonly string[],
): BearerChallenge | null | undefined {
  return readChallenge(value, ['bearer']);
}

/** Reads a challenge of one of these schemes like {@link readBearerChallenge}: DPoP has the same parameters. */
export function readChallenge(
  value: string | readonly string[],
  schemes: readonly string[],
): BearerChallenge | null | undefined {
  if (String(value).length > MAX_CHALLENGE_LENGTH) return undefined;
  const known = parseChallenges(value).filter(({ scheme }) => schemes.includes(scheme));
  const usable = known.filter(hasOneValueEach);
  const chosen = usable.find(({ params }) => params.has('error')) ?? usable[0];
  if (chosen === undefined) return known.length === 0 ? null : undefined;
  const { params } = chosen;
  const metadata = [chosen, ...usable].find((one) => one.params.has('resource_metadata'));
  return {
    error: params.get('error'),
    scopes: readScopes(params.get('scope') ?? ''),
    resourceMetadata: metadata?.params.get('resource_metadata'),
    errorDescription: params.get('error_description')?.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, ''),
    params,
  };
}

/** Whether a challenge asks for a DPoP proof with a nonce (RFC 9449 s9). */
export function asksForNonce(value: string | null): boolean {
  const isTooLong = String(value).length > MAX_CHALLENGE_LENGTH;
  return (
    !isTooLong &&
    parseChallenges(value).some(({ params }) => params.get('error') === 'use_dpop_nonce')
  );
}

/** Reads a list of scopes; none if one is malformed, because a part of the list would not be enough. */
function readScopes(value: string): readonly string[] {
  return value.split(' ').every((part) => part === '' || isScopeToken(part))
    ? parseScope(value)
    : [];
}

/**
 * Returns the challenge in the result of a tool call (`_meta["mcp/www_authenticate"]`), which some servers
 * send with status 200; `undefined` if there is no usable one, or if the result has no `isError: true`.
 *
 * It is read like the header, with the same limits. Pass it to `stepUp` of {@link stepUpFetch}.
 *
 * @example
 * ```ts
 * const challenge = challengeFromToolResult(result);
 * if (challenge !== undefined) await authorized.stepUp(challenge, 'add_note');
 * ```
 * @param result - the tool's result, which may be any value
 * @group Client
 */
export function challengeFromToolResult(result: unknown): BearerChallenge | undefined {
  if (ownMember(result, 'isError') !== true) return undefined;
  const value = ownMember(ownMember(result, '_meta'), 'mcp/www_authenticate');
  const lines: unknown[] = [value].flat();
  if (!lines.every((line) => typeof line === 'string')) return undefined;
  return readBearerChallenge(lines) ?? undefined;
}

/** Whether no parameter came twice. If one did, nobody knows which value was meant (RFC 9110 s11.2). */
function hasOneValueEach({ problems }: Challenge): boolean {
  return problems.every(({ code }) => code !== 'duplicate-parameter');
}
