/**
 * The options of `mtls()`, checked and copied at construction.
 *
 * @module
 */
import { expect, readOptions } from '../../options.js';
import type { GateRequest } from '../../types.js';
import { createAddressList } from './address-list.js';

/** A proxy that ends the TLS connections of clients and sends their certificates in a header (RFC 9440). */
export interface ClientCertOptions {
  /**
   * The addresses or networks (`10.0.0.5`, `10.0.0.0/8`, `fd00::/8`) of the proxies whose `Client-Cert` is
   * believed, or a function that recognizes their requests, by a secret in another header for example. A proxy
   * must remove `Client-Cert` from the requests of clients. In all other requests it is ignored.
   */
  readonly from: readonly string[] | ((request: GateRequest) => boolean);
}

export interface MtlsOptions {
  /** Refuse tokens that are not bound to a certificate. @default false */
  readonly required?: boolean;
  /** Proxies that name the certificate in a header. @default only the connection's own certificate counts */
  readonly clientCert?: ClientCertOptions;
}

export interface MtlsSettings {
  readonly required: boolean;
  /** Whether the request comes from a proxy whose header `Client-Cert` is believed. */
  readonly isTrusted: (request: GateRequest) => boolean;
}

/** @throws {@link TypeError} naming the option */
export function checkMtlsOptions(options: MtlsOptions): MtlsSettings {
  const { required, clientCert } = readOptions<MtlsOptions, 'required'>(
    options,
    { required: ['a boolean', false], clientCert: ['an object'] },
    'mtls',
  );
  return Object.freeze({
    required,
    isTrusted: clientCert === undefined ? () => false : checkClientCert(clientCert),
  });
}

const OPTION = 'mtls.clientCert';

function checkClientCert(options: ClientCertOptions): MtlsSettings['isTrusted'] {
  const { from } = readOptions<ClientCertOptions>(options, { from: ['any'] }, OPTION);
  if (typeof from === 'function') {
    return (request) => {
      const answer: unknown = from(request);
      // A promise does not count as `true`, and its rejection must not end the process.
      if (typeof answer !== 'boolean') Promise.resolve(answer).catch(() => undefined);
      return answer === true;
    };
  }
  const path = `${OPTION}.from`;
  expect(Array.isArray(from) && from.length > 0, path, 'expected addresses, or a function');
  const includes = createAddressList(from as readonly unknown[], path);
  return (request) => {
    const address = request.remoteAddress?.();
    return address !== undefined && includes(address);
  };
}
