/**
 * Relays another API's `insufficient_scope` as a refusal of the gate.
 *
 * @module
 */
import { scopesOfChallenge } from '../challenge/index.js';
import type { Refusal } from '../decision.js';
import { insufficientScope } from './insufficient-scope.js';
import type { InsufficientScopeOptions } from './insufficient-scope.js';
import { mapScopes } from './map-scopes.js';
import type { Gate } from './types.js';

export interface RelayChallengeOptions<S extends string = string> extends Pick<
  InsufficientScopeOptions,
  'id' | 'auth'
> {
  /**
   * Maps the API's scopes (as it wrote them; an empty list if it named none) to those of the gate's
   * catalogue. If it throws, returns no scope, or one of them is `undefined` or not in the catalogue, the
   * refusal has no challenge.
   *
   * @default the same names
   */
  readonly mapScopes?: (scopes: readonly string[]) => readonly (S | undefined)[];
}

/**
 * Turns an API's 403 `insufficient_scope` into one of the gate, for handlers that call the API
 * themselves with a token exchanged for the caller's. Returns `undefined` for every other answer, which
 * the handler must treat itself: a 401 refuses the handler's own credential, which the caller cannot
 * change.
 *
 * The challenge names this gate's metadata and the mapped scopes; nothing else of the API's text is
 * repeated. The refusal has no challenge, so that no client asks for useless consent, if the mapping returns
 * no scope (by default: if the API's challenge names none or is ambiguous) or an unknown one, or, given
 * `auth`, if the caller has all of them: the handler's own token lacks them then.
 *
 * The body of the response is not read: the handler should cancel it.
 *
 * @param upstream - the API's response, or the `WWW-Authenticate` of its 403
 * @throws {@link TypeError} without a gate
 * @example
 * ```ts
 * const response = await fetch(apiUrl, { headers });
 * const refusal = relayChallenge(gate, response, { auth, mapScopes: () => ['notes:write'] });
 * if (refusal !== undefined) return refusal.toResponse();
 * ```
 * @group Proxy
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-3.1 RFC 6750 s3.1}
 */
export function relayChallenge<S extends string>(
  gate: Gate<S>,
  upstream: Response | string | readonly string[] | null,
  options: RelayChallengeOptions<NoInfer<S>> = {},
): Refusal | undefined {
  const theirs = scopesOfChallenge(challengeOf(upstream));
  if (theirs === undefined) return undefined;
  const { id, auth } = options;
  // Scopes from another server are plain strings; the catalogue checks each of them.
  const anyGate = gate as unknown as Gate;
  const ours = mapScopes(theirs, auth, { gate: anyGate, mapScopes: options.mapScopes });
  return insufficientScope(anyGate, ours, { ...(id !== undefined && { id }), auth });
}

function challengeOf(
  upstream: Response | string | readonly string[] | null,
): string | readonly string[] | null {
  if (upstream === null || typeof upstream === 'string' || !('headers' in upstream)) {
    return upstream;
  }
  return upstream.status === 403 ? upstream.headers.get('www-authenticate') : null;
}
