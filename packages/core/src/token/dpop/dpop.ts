/**
 * Makes the check of DPoP proofs for a gate.
 *
 * @module
 */
import { expect } from '../../options.js';
import type { Dpop } from '../index.js';
import { checkDpopOptions } from './options.js';
import type { DpopOptions } from './options.js';
import { ProofCheck } from './dpop-check.js';

/**
 * Lets a gate accept tokens that are bound to a key (RFC 9449), for the option `dpop` of `createGate`.
 *
 * It checks everything of RFC 9449 s4.3: one proof, a JWT of type `dpop+jwt` with an allowed algorithm and a
 * public key, `htm`, `htu` against the configured `resource` (or the option `url`), `iat` within 300 seconds,
 * `ath`, the key against the token's `cnf.jkt`, the signature, and that no proof comes twice. A challenge to
 * a request with the scheme `DPoP` has this scheme, too, and names `invalid_dpop_proof`, `use_dpop_nonce` or
 * an error of a Bearer challenge. A bound token with the scheme `Bearer` is refused, and so is an unbound one
 * with the scheme `DPoP`. If the replay store fails, is full, or does not answer in 250 ms, the answer is a
 * 503.
 *
 * The access token is verified by the gate's verifier, as always. A proof does not cover the body of its
 * request, nor the query of its URL.
 *
 * @example
 * ```ts
 * const gate = createGate({
 *   resource: 'https://notes.example.com/mcp',
 *   authorizationServers: ['https://idp.example.com'],
 *   verifier: jwtVerifier({ issuer: 'https://idp.example.com' }),
 *   scopes: ['notes:read'],
 *   dpop: dpop({ replay: memoryReplayStore() }),
 * });
 * ```
 * @throws {@link TypeError} naming the option
 * @group Sender-constrained tokens
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-4.3 RFC 9449 s4.3}
 */
export function dpop(options: DpopOptions): Dpop {
  const settings = checkDpopOptions(options);
  return (gate, mtls) => {
    // A bound token is sent with the scheme `DPoP` (RFC 9449 s7.1), and only `Authorization` has a scheme.
    const hasScheme = gate.tokenFrom === undefined;
    expect(hasScheme, 'tokenFrom', 'leave it out: DPoP needs the header Authorization');
    return new ProofCheck(settings, gate, mtls);
  };
}
