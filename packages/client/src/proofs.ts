/**
 * Sends requests with DPoP proofs (RFC 9449 s4, s9). The application makes the proofs: it has the key.
 *
 * @module
 */
import { asksForNonce } from './bearer-challenge.js';
import { isRedirect } from './request.js';
import type { Fetch, OutgoingRequest } from './request.js';

/** What a proof must contain. */
export interface ProofRequest {
  /** The method of the request. */
  readonly htm: string;
  /** The URL of the request, without query and fragment. */
  readonly htu: string;
  /** The token, whose SHA-256 hash is `ath`. */
  readonly accessToken: string;
  /** The latest nonce of the resource's origin; absent until it sent one. */
  readonly nonce?: string | undefined;
}

/** Makes a proof: a JWT, another one for each call. */
export type MakeProof = (proof: ProofRequest) => string | Promise<string>;

/**
 * Returns a function that sends a request with a token and a new proof, and once more if the answer asks for a
 * nonce that the proof did not have. A body that is a stream is sent once only.
 */
export function createProofSender(
  makeProof: MakeProof,
): (request: OutgoingRequest, fetch: Fetch, accessToken: string) => Promise<Response> {
  let nonce: string | undefined;
  return async (request, fetch, accessToken) => {
    for (let isRepeated = false; ; isRepeated = true) {
      const used = nonce;
      const { origin, pathname } = request.url;
      const proof: unknown = await makeProof({
        ...{ htm: request.method, htu: origin + pathname, accessToken },
        nonce: used,
      });
      // An illegal header value is refused here, because the error of `fetch` would contain it.
      if (typeof proof !== 'string' || !/^[\w.-]+$/.test(proof)) {
        throw new TypeError('dpop: expected a proof');
      }
      const response = await request.send(fetch, accessToken, proof);
      // A server that was reached by a redirect has nonces of its own.
      if (!isRedirect(response)) nonce = response.headers.get('dpop-nonce') ?? nonce;
      const { status, headers } = response;
      const isRefused = status === 401 && asksForNonce(headers.get('www-authenticate'));
      if (!isRefused || isRepeated || nonce === used || !request.isRepeatable) return response;
      response.body?.cancel().catch(() => undefined);
    }
  };
}
