/**
 * The 403 for whoever builds answers by hand.
 *
 * @module
 */
import type { JsonRpcId } from '../challenge/index.js';
import type { Auth } from '../policy/index.js';
import type { Gate } from './create-gate.js';
import type { Refusal } from './decision.js';
import { insideOf } from './inside.js';

export interface InsufficientScopeOptions {
  /**
   * For developers; goes on the wire, made safe for the header.
   *
   * @default "... needs" and the scopes
   */
  readonly description?: string;
  /** Answers a JSON-RPC call: the body is then a JSON-RPC error with this id. */
  readonly id?: JsonRpcId;
  /**
   * Who asked. With it the challenge repeats what the token already holds where the client's protocol
   * revision wants that, leaves it out with `challengeScopes: 'missing'`, and the body takes its form from the request, as in the gate's own refusal.
   */
  readonly auth?: Auth | undefined;
}

/**
 * Words the refusal that a token without these scopes gets: 403 `insufficient_scope` with the gate's
 * challenge. For code that decides by itself, such as a proxy in front of an API with scopes of its
 * own. Whether the token has all of the scopes is not looked at: then all are named. Nothing is sent.
 *
 * No scope, or one that the catalogue does not know, gives the 403 without a challenge: it is never
 * put on the wire, and half a list would mislead.
 *
 * @param scopes - all that the operation needs, not only the missing ones
 * @throws {@link TypeError} without a gate
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
  const { authorizer } = insideOf(gate, 'insufficientScope');
  const manner = authorizer.judgedFor(auth)?.matched ?? { label: 'This request' };
  const form = id === undefined ? manner : { ...manner, rpcId: id };
  return authorizer.refuseLack(needed, form, auth, description);
}
