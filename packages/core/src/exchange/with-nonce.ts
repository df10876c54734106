/**
 * Repeats a request for which a server wants a nonce in the proof.
 *
 * @module
 */
import { isDPoPNonceError } from 'oauth4webapi';

/**
 * Sends a request, and once more if the answer asks for a nonce (RFC 9449 s8 and s9). `oauth4webapi` stores the
 * nonce of the answer for the next proof.
 */
export async function withNonce<T>(send: () => Promise<T>, isReplayable = true): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (isReplayable && isDPoPNonceError(error)) return send();
    throw error;
  }
}
