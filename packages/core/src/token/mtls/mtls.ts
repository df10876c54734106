/**
 * Checks that a token is used by the client whose certificate it names (RFC 8705 s3).
 *
 * @module
 */
import type { GateRequest } from '../../types.js';
import { confirmationBy, isHashedAtOnce, sha256 } from '../index.js';
import type { Mtls, MtlsCheck, ProvenKeys, SenderCall, SenderResult } from '../index.js';
import { readClientCert } from './client-cert.js';
import { checkMtlsOptions } from './options.js';
import type { MtlsOptions, MtlsSettings } from './options.js';

/**
 * Lets a gate accept tokens that are bound to a client certificate (RFC 8705), for the option `mtls` of
 * `createGate`.
 *
 * For a bound token, the SHA-256 hash of the client's certificate must equal `cnf["x5t#S256"]`, else the
 * answer is a 401. Tokens that are not bound pass unless `required` is set. The certificate is that of the
 * TLS connection, which Node's servers know if they ask for it (`requestCert`), or, if `clientCert` names the
 * proxies in front, the one in their header `Client-Cert` (RFC 9440).
 *
 * It does not check who issued the certificate, nor whether it has expired or was revoked: the TLS server
 * does, if it should.
 *
 * @example
 * ```ts
 * const gate = createGate({
 *   resource: 'https://notes.example.com/mcp',
 *   authorizationServers: ['https://idp.example.com'],
 *   verifier: jwtVerifier({ issuer: 'https://idp.example.com' }),
 *   scopes: ['notes:read'],
 *   mtls: mtls({ clientCert: { from: ['10.0.0.5'] } }),
 * });
 * ```
 * @throws {@link TypeError} naming the option
 * @group Sender-constrained tokens
 * @see {@link https://www.rfc-editor.org/rfc/rfc8705#section-3 RFC 8705 s3}
 */
export function mtls(options: MtlsOptions = {}): Mtls {
  const settings = checkMtlsOptions(options);
  return () => new CertificateCheck(settings);
}

class CertificateCheck implements MtlsCheck {
  readonly required: boolean;
  readonly metadata: MtlsCheck['metadata'] = { tlsClientCertificateBoundAccessTokens: true };
  readonly #settings: MtlsSettings;
  readonly #required: readonly string[];

  constructor(settings: MtlsSettings) {
    this.required = settings.required;
    this.#settings = settings;
    this.#required = settings.required ? [MEMBER] : [];
  }

  async check(call: SenderCall): Promise<SenderResult> {
    const keys = await this.keysOf(call.request);
    return { outcome: await call.verify(confirmationBy(keys)), answers: undefined };
  }

  keysOf(request: GateRequest): ProvenKeys | Promise<ProvenKeys> {
    const required = this.#required;
    // Read and hash the certificate only when a bound token is compared with it: most are not bound.
    if (isHashedAtOnce()) {
      return new SenderCertificate(required, () => {
        const certificate = this.#certificateOf(request);
        return certificate && (sha256(certificate) as string);
      });
    }
    const certificate = this.#certificateOf(request);
    if (certificate === undefined) return new SenderCertificate(required, () => undefined);
    return Promise.resolve(sha256(certificate)).then(
      (hash) => new SenderCertificate(required, () => hash),
    );
  }

  /**
   * The certificate of a connection from a trusted proxy is the proxy's own, so it must not be taken for the
   * client's, even if the header `Client-Cert` is missing.
   */
  #certificateOf(request: GateRequest): Uint8Array | undefined {
    if (this.#settings.isTrusted(request))
      return readClientCert(request.headers.get('client-cert'));
    const certificate = request.clientCertificate?.();
    return certificate instanceof Uint8Array && certificate.length > 0 ? certificate : undefined;
  }
}

class SenderCertificate implements ProvenKeys {
  readonly required: readonly string[];
  readonly #hash: () => string | undefined;

  constructor(required: readonly string[], hash: () => string | undefined) {
    this.required = required;
    this.#hash = hash;
  }

  valueOf(member: string): string | undefined {
    return member === MEMBER ? this.#hash() : undefined;
  }
}

/** The member of `cnf` with the hash of a certificate (RFC 8705 s3.1). */
const MEMBER = 'x5t#S256';
