/**
 * Reads who was let in.
 *
 * @module
 */
import type { Auth, Gate } from '@scopegate/core';
import { requireAuth } from '@scopegate/core/adapter';

/**
 * Returns the `auth` that the gate put into `ctx.state`, typed with its scopes.
 *
 * @throws {@link Error} if this gate does not guard the route, or the operation is public and no
 * token came
 */
export function authOf<S extends string>(gate: Gate<S>, ctx: { readonly state: object }): Auth<S> {
  return requireAuth(gate, (ctx.state as { auth?: unknown }).auth);
}
