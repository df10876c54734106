/**
 * Asks a server once before it is checked, so that a server that is not there is one clear sentence.
 *
 * @module
 */
import { UsageError } from '../usage-error.js';

/** What to do about an error of the network, by its code. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name of the host is not known; check the URL and the DNS',
  EAI_AGAIN: 'the name of the host could not be looked up; check the network and the DNS',
  ECONNREFUSED: 'nothing listens on this port; is the server running, and is the port right?',
  ECONNRESET:
    'the server closed the connection; does it speak https where the URL says http, or the reverse?',
  EHOSTUNREACH: 'there is no route to the host',
  ETIMEDOUT: 'the host did not answer; a firewall may drop the packets',
  UND_ERR_CONNECT_TIMEOUT: 'the host did not answer; a firewall may drop the packets',
  UND_ERR_HEADERS_TIMEOUT: 'the server took the request and did not answer',
  UND_ERR_SOCKET:
    'the server closed the connection without an answer; does it speak https where the URL says http?',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'the certificate is self-signed; for a local check set NODE_EXTRA_CA_CERTS',
  SELF_SIGNED_CERT_IN_CHAIN:
    'the certificate is not from a known authority; for a local check set NODE_EXTRA_CA_CERTS',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the chain of the certificate is incomplete; the server must send the intermediate ones, too',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server does not speak TLS on this port; is the URL http?',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the server does not speak TLS on this port; is the URL http?',
};

/** Codes of the parser: what came back is no HTTP. */
const NOT_HTTP = /^HPE_|^ERR_HTTP/;

/**
 * Resolves if the server answers in HTTP, with any status.
 *
 * @throws {@link UsageError} that says what is wrong and what to check
 */
export async function connect(url: string, timeout: number): Promise<void> {
  try {
    const signal = AbortSignal.timeout(timeout);
    const response = await fetch(url, { redirect: 'manual', signal });
    await response.body?.cancel();
  } catch (error) {
    throw new UsageError(`${url} cannot be checked: ${explain(error, timeout)}`, { cause: error });
  }
}

function explain(error: unknown, timeout: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return `no answer within ${timeout} ms; a larger --timeout waits longer`;
  }
  const code = codeOf(error);
  if (NOT_HTTP.test(code)) {
    return `what answers on this port is not HTTP (${code}); is it the right port?`;
  }
  const advice = ADVICE[code];
  return advice === undefined ? code || messageOf(error) : `${advice} (${code})`;
}

/** Finds the code of the cause, which `fetch` wraps, also where several addresses were tried. */
function codeOf(error: unknown): string {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; depth++) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string' && code !== '') return code;
    at = at instanceof AggregateError ? at.errors[0] : at.cause;
  }
  return '';
}

function messageOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
