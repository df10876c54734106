/**
 * Finds out whether a caller's token was revoked after the gate accepted it.
 *
 * @module
 */
import type { Auth } from '../policy/index.js';
import type { Revocations } from './stores.js';

/** Whether the token is revoked, or the list of revocations cannot tell. The function never throws. */
export function mayBeRevoked(
  { issuer, subject, clientId, bindingKey, claims }: Auth,
  revocations: Revocations | undefined,
): boolean {
  if (revocations === undefined) return false;
  try {
    const answer: unknown = revocations.isRevoked({
      issuer,
      subject,
      clientId,
      bindingKey,
      claims,
    });
    // The rejection of a promise must not end the process.
    if (typeof answer !== 'boolean') Promise.resolve(answer).catch(() => undefined);
    return answer !== false;
  } catch {
    return true;
  }
}
