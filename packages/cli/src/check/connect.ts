/**
 * Sends one request before a server is checked, so that an unreachable server gives one clear error.
 *
 * @module
 */
import { UsageError } from '../usage-error.js';
import type { Operation } from './operation.js';
import type { FirstAnswer } from './recognize.js';

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

/** Codes of Node's HTTP parser: the answer is not HTTP. */
const NOT_HTTP = /^HPE_|^ERR_HTTP/;

/** Maximum number of bytes of the body to look at. They are enough to recognize a kind of server. */
const MAX_TEXT = 4096;

/**
 * Sends the operation once, without a token, and returns the answer, whatever its status.
 *
 * @throws {@link UsageError} that says what is wrong and what to check
 */
export async function connect(
  url: string,
  { method, headers = {}, body }: Operation,
  timeout: number,
): Promise<FirstAnswer> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeout);
  const { signal } = controller;
  try {
    const response = await fetch(url, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: { ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...{ redirect: 'manual', signal },
    });
    const text = await readStart(response);
    return { status: response.status, headers: response.headers, text };
  } catch (error) {
    const what = signal.aborted
      ? `no answer within ${timeout} ms; a larger --timeout waits longer`
      : explain(error);
    throw new UsageError(`${url} cannot be checked: ${what}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Reads the first piece of the body. It is empty if reading fails or takes longer than the time limit. */
async function readStart({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  if (reader === undefined) return '';
  try {
    const { value = new Uint8Array() } = await reader.read();
    return new TextDecoder().decode(value.subarray(0, MAX_TEXT));
  } catch {
    return '';
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function explain(error: unknown): string {
  const code = codeOf(error);
  if (NOT_HTTP.test(code)) {
    return `what answers on this port is not HTTP (${code}); is it the right port?`;
  }
  if (messageOf(error) === 'bad port') {
    return 'fetch and browsers refuse this port (Fetch s2.9); let the server listen on another one';
  }
  const advice = ADVICE[code];
  return advice === undefined ? code || messageOf(error) : `${advice} (${code})`;
}

/** Finds the code of the error that `fetch` wraps; of the first one if several addresses were tried. */
function codeOf(error: unknown): string {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; depth++) {
    const { code, name } = at as { code?: unknown; name: string };
    if (typeof code === 'string' && code !== '') return code;
    // Errors of the HTTP parser of Node 24 have no code.
    if (name === 'HTTPParserError') return 'HPE_INVALID';
    at = at instanceof AggregateError ? at.errors[0] : at.cause;
  }
  return '';
}

function messageOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
