/**
 * Reads who was let in, for bindings: they know where their framework keeps it.
 *
 * @module
 */
import type { Auth } from '../policy/index.js';
import type { Gate } from './types.js';

/**
 * Returns `found`, typed with the gate's scopes, if this gate made it.
 *
 * @throws {@link Error} if this gate does not guard the route, or the operation is public and no
 * token came
 */
export function issuedAuth<S extends string>(gate: Gate<S>, found: unknown): Auth<S> {
  if (gate.issued(found)) return found;
  throw new Error('no auth: this gate does not guard the route, or the caller is anonymous');
}
