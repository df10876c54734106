/**
 * The 403 `insufficient_scope` for code that builds its own answers.
 *
 * @module
 */
import type { JsonRpcId } from '../challenge/index.js';
import type { Auth } from '../policy/index.js';
import type { Gate, ResponseContext } from './types.js';
import type { Refusal } from '../decision.js';
import { internalsOf } from './internals.js';

export interface InsufficientScopeOptions {
  /**
   * The `error_description`, a text for developers. Characters that the header cannot hold are replaced.
   *
   * @default "... needs" and the scopes
   */
  readonly description?: string;
  /** The id of the JSON-RPC call to answer: with it, the body is a JSON-RPC error. */
  readonly id?: JsonRpcId;
  /**
   * The caller. With it the refusal is like the gate's own: the challenge repeats or leaves out scopes of
   * the token as `challengeScopes` and the client's protocol revision say, and the body has the form of
   * the request.
   */
  readonly auth?: Auth | undefined;
}

/**
 * Makes the refusal for a token without these scopes: 403 `insufficient_scope` with the gate's
 * challenge. It is for code that decides by itself, such as a proxy in front of an API with scopes of
 * its own. It does not check whether the token has the scopes already: if it has all of them, the
 * challenge names all of them. It sends nothing.
 *
 * Without a scope, or with one that the catalogue does not know, the 403 has no challenge: an unknown
 * scope is never sent, and a part of the list would mislead a client.
 *
 * @param scopes - all scopes that the operation needs, not only the missing ones
 * @throws {@link TypeError} without a gate
 * @example
 * ```ts
 * const refusal = insufficientScope(gate, 'notes:write', { auth, description: 'Ask the owner' });
 * return refusal.toResponse();
 * ```
 * @group Gate
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-3.1 RFC 6750 s3.1}
 */
export function insufficientScope<S extends string>(
  gate: Gate<S>,
  scopes: NoInfer<S> | readonly NoInfer<S>[],
  options: InsufficientScopeOptions = {},
): Refusal {
  const needed = typeof scopes === 'string' ? [scopes] : scopes;
  const { description, id, auth } = options;
  const { authorizer } = internalsOf(gate, 'insufficientScope');
  const context: ResponseContext = authorizer.authorizedRequestOf(auth)?.matched ?? {
    label: 'This request',
  };
  const form = id === undefined ? context : { ...context, rpcId: id };
  return authorizer.refuseScopes(needed, form, auth, description);
}
