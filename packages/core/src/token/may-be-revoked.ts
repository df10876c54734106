/**
 * Asks about the token of a caller after the gate let it through.
 *
 * @module
 */
import type { Auth } from '../policy/index.js';
import type { Revocations } from './stores.js';

/** Whether the token is revoked, or the list cannot tell. It never throws. */
export function mayBeRevoked(
  { issuer, subject, clientId, bindingKey, claims }: Auth,
  revocations: Revocations | undefined,
): boolean {
  if (revocations === undefined) return false;
  try {
    return revocations.isRevoked({ issuer, subject, clientId, bindingKey, claims }) !== false;
  } catch {
    return true;
  }
}
