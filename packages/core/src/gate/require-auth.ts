/**
 * Returns the `auth` that a gate attached.
 *
 * @module
 */
import type { Auth } from '../policy/index.js';
import type { Gate } from './types.js';

/**
 * Returns `found`, typed with the gate's scopes, if this gate made it. An adapter calls it with the
 * value that it finds where its framework keeps `auth`.
 *
 * @throws {@link Error} if this gate does not guard the route, or if the operation is public and the
 * request has no token
 * @example
 * ```ts
 * export function authOf<S extends string>(gate: Gate<S>, context: Context): Auth<S> {
 *   return requireAuth(gate, context.state['auth']);
 * }
 * ```
 */
export function requireAuth<S extends string>(gate: Gate<S>, found: unknown): Auth<S> {
  if (gate.issued(found)) return found;
  throw new Error('no auth: this gate does not guard the route, or the caller is anonymous');
}
