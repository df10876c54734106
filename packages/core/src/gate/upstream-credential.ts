/**
 * What a proxy needs of upstream tokens (`./exchange`), as a type, so that neither depends on the other.
 *
 * @module
 */
import type { Auth } from '../policy/index.js';

/** Sends requests with a token of the caller for another API. */
export interface UpstreamCredential {
  /** The only origin to which tokens are sent; `undefined` if they are sent nowhere. */
  readonly origin: string | undefined;
  /**
   * Sends a request with the caller's upstream token, and returns every answer but a 401, for which it rejects.
   * It rejects with an `InsufficientScopeError` if consent is missing.
   */
  send(auth: Auth, url: URL, init: RequestInit): Promise<Response>;
  /** Maps scopes of the other API to scopes of the gate. */
  readonly mapScopes: (scopes: readonly string[]) => readonly (string | undefined)[];
}
