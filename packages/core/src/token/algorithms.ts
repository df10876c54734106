/**
 * The asymmetric algorithms of signatures, and the keys that they need.
 *
 * @module
 */

/** Key types and curves of the algorithms (RFC 7518 s3.1, RFC 8037 s3.1, RFC 9864 s2.2). */
export const KEY_TYPES: Readonly<Record<string, readonly [kty: string, crv?: string]>> = {
  ...{ ES256: ['EC', 'P-256'], ES384: ['EC', 'P-384'], ES512: ['EC', 'P-521'] },
  ...{ EdDSA: ['OKP', 'Ed25519'], Ed25519: ['OKP', 'Ed25519'] },
  ...{ PS256: ['RSA'], PS384: ['RSA'], PS512: ['RSA'] },
  ...{ RS256: ['RSA'], RS384: ['RSA'], RS512: ['RSA'] },
};

/** Minimum number of bits of an RSA modulus (RFC 7518 s3.3, s3.5). */
export const MIN_MODULUS = 2048;
