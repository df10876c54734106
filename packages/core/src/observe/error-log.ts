/**
 * Writes errors to the console if the application has no `onError`.
 *
 * @module
 */
import { showText } from '../secrets.js';
import { isObject } from '../values.js';

/** The hints by reason: what became of the request, and what an operator can change. */
const HINTS: Readonly<Record<string, string>> = {
  verifier_unavailable:
    'requests with a token get 503; see `verifier`: can its issuer, keys and endpoint be reached from here, and the stores of `dpop` and `revocations`?',
  internal: 'the gate itself failed',
  rule_invalid: 'the request got 403; correct the rule in `policy`',
  metadata: 'the document is served without a signature; correct `signedMetadata`',
};

/** Minimum time in milliseconds between two lines with the same cause. */
const INTERVAL = 60_000;

/** Maximum number of causes that have a line within the interval. */
const MAX_CAUSES = 20;

/** Writes a line for an error. The request and the token only serve to redact the line. */
export type ErrorLog = (
  error: unknown,
  reason: string,
  request: RequestHeaders | undefined,
  token?: string,
) => void;

interface RequestHeaders {
  readonly headers: { get(name: string): string | null };
}

/**
 * Makes a log that writes one line for each cause and minute, for at most 20 causes a minute. A cause is the
 * reason, with name and code of the error (without a code, the name of its `cause`) and the origin of the
 * first URL in its message.
 *
 * Of URLs in a message, only origin and path are written. Every run of 16 or more characters that is also in
 * the token, in a header with credentials or in a configured secret is replaced, and so is every secret of 8
 * to 15 characters.
 *
 * @param tokenHeader - a further header with credentials: that of the option `tokenFrom`
 * @param hints - what an operator can change, by reason
 */
export function createErrorLog(
  resource: string,
  tokenHeader?: string,
  hints: Readonly<Record<string, string>> = HINTS,
): ErrorLog {
  const secretHeaders =
    tokenHeader === undefined ? SECRET_HEADERS : [...SECRET_HEADERS, tokenHeader];
  const lastWritten = new Map<string, number>();
  return (error, reason, request, token) => {
    const { name, code, message } = readError(error);
    const cause = [reason, name, code, /\b[a-z]{1,20}:\/\/[^/\s]*/i.exec(message)?.[0]].join(' ');
    const now = performance.now();
    for (const [known, at] of lastWritten) if (now - at >= INTERVAL) lastWritten.delete(known);
    if (lastWritten.has(cause) || lastWritten.size >= MAX_CAUSES) return;
    lastWritten.set(cause, now);
    const secrets = [token ?? null, ...secretHeaders.map((header) => headerOf(request, header))];
    const text = showText([name, code].filter(Boolean).join(' ') + `: ${message}`, secrets);
    console.error(
      `scopegate: ${withoutQuery(resource)}: ${reason}: ${text} (${hints[reason] ?? reason}; \`onError\` replaces this line)`,
    );
  };
}

/** Maximum number of characters of a message that are read. */
const MAX_MESSAGE = 1_000;

interface ReadError {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

/** Reads an error that may be of any type. Of a value that is no error, only its type is written. */
function readError(error: unknown): ReadError {
  try {
    if (!(error instanceof Error))
      return { name: `a thrown ${typeof error}`, code: '', message: '' };
    const { name, cause } = error;
    // `fetch` has the code, such as ECONNREFUSED, in the cause of its error.
    const codes = [error, cause].map((one) => (isObject(one) ? one['code'] : undefined));
    const code = codes.find((one) => typeof one === 'string');
    const message = withoutQuery(error.message.slice(0, MAX_MESSAGE));
    return { name, code: code ?? (cause instanceof Error ? cause.name : ''), message };
  } catch {
    return { name: 'an error that cannot be read', code: '', message: '' };
  }
}

/** Removes user information, query and fragment from the URLs in a text. They may contain secrets. */
function withoutQuery(text: string): string {
  return text.replaceAll(
    /\b([a-z][a-z\d+.-]{0,20}:\/\/)(?:[^\s/?#"'<>]*@)?([^\s?#"'<>]*)[?#]?[^\s"'<>]*/gi,
    '$1$2',
  );
}

/** The headers whose values a text must not repeat. */
const SECRET_HEADERS = ['authorization', 'cookie', 'dpop', 'proxy-authorization'] as const;

function headerOf(request: RequestHeaders | undefined, name: string): string | null {
  try {
    return request?.headers.get(name) ?? null;
  } catch {
    return null;
  }
}
