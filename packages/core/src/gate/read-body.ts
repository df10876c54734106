/**
 * Reads and parses a body once, within limits. Every error becomes a refusal.
 *
 * @module
 */
import { trimWhitespace } from '../http/index.js';
import type { BodyLimits, GateRequest, ReceivedBody } from '../types.js';
import { MAX_DEPTH, has, isSelfContained, nestsTooDeep, ownMember } from '../values.js';
import { TimeoutError, within } from '../wait.js';
import type { Waiting } from '../wait.js';
import type { Refusal } from '../decision.js';
import type { GateSettings } from './options.js';
import type { Refusals } from './refusals.js';

const NOT_JSON = 'Send application/json in UTF-8';

/** JSON-RPC 2.0 s5.1. */
const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;

export type BodyOutcome = { readonly value: unknown } | { readonly refusal: Refusal };

/** Reads a JSON body (RFC 8259: UTF-8, one document). */
export async function readJsonBody(
  request: GateRequest,
  settings: GateSettings,
  refusals: Refusals,
): Promise<BodyOutcome> {
  const received = await receive(request, settings, refusals);
  if (has(received, 'refusal')) return received;
  const { body } = received;
  if (has(body, 'parsed')) {
    // A framework's parser also makes objects of forms, which are not JSON. In another charset its result
    // could differ from what a reader of UTF-8 finds in the same bytes.
    return isUtf8Json(request.headers.get('content-type'))
      ? accept(body.parsed, refusals)
      : { refusal: refusals.body(415, 'unsupported_body', 415, NOT_JSON) };
  }
  if (body.bytes.length === 0) return missing(refusals);
  const text = toText(body, refusals);
  if (typeof text !== 'string') return text;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { refusal: refusals.body(400, 'invalid_body', PARSE_ERROR, 'The body is not JSON') };
  }
  if (maySpell(text)) return accept(value, refusals);
  return mayNestTooDeep(text) && nestsTooDeep(value) ? tooDeep(refusals) : { value };
}

/**
 * Whether the text holds what `isSelfContained` looks for: the names, or a way to spell them. Finding
 * one character is fast however many there are of it; with it, two are not.
 */
function maySpell(text: string): boolean {
  return text.includes('\\') || text.includes('__proto__') || text.includes('constructor');
}

/** Whether enough is opened in the text, in strings too: looking at every member costs more. */
function mayNestTooDeep(text: string): boolean {
  let opened = 0;
  for (const bracket of '[{') {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      if (++opened > MAX_DEPTH) return true;
    }
  }
  return false;
}

/** Refuses a document in which a later reader could find members that are not its own. */
function accept(value: unknown, refusals: Refusals): BodyOutcome {
  if (isSelfContained(value)) return { value };
  if (nestsTooDeep(value)) return tooDeep(refusals);
  const id = ownMember(value, 'id');
  const rpcId = typeof id === 'string' || typeof id === 'number' ? id : null;
  const message = 'A member of the body would become a prototype';
  return { refusal: refusals.body(400, 'invalid_body', INVALID_REQUEST, message, rpcId) };
}

function tooDeep(refusals: Refusals): BodyOutcome {
  const message = `The body nests deeper than ${MAX_DEPTH}`;
  return { refusal: refusals.body(400, 'invalid_body', PARSE_ERROR, message) };
}

/** Refuses a request with a body, since a handler could act on content that no rule has seen. */
export async function expectNoBody(
  request: GateRequest,
  settings: GateSettings,
  refusals: Refusals,
): Promise<Refusal | undefined> {
  const refuse = (): Refusal =>
    refusals.body(400, 'invalid_body', INVALID_REQUEST, 'This request must not have a body');
  // Some platforms hide the body of a GET, but the header still announces it.
  if (declaresBody(request)) return refuse();
  if (request.readBody === undefined) return undefined;
  const received = await receive(request, settings, refusals);
  if (has(received, 'refusal')) return received.refusal;
  if (has(received.body, 'bytes') && received.body.bytes.length === 0) return undefined;
  return refuse();
}

/** Whether the framing announces content (RFC 9112 s6.3). */
function declaresBody({ headers }: GateRequest): boolean {
  const length = headers.get('content-length');
  return headers.get('transfer-encoding') !== null || (length !== null && length !== '0');
}

function missing(refusals: Refusals): { readonly refusal: Refusal } {
  return { refusal: refusals.body(400, 'invalid_body', PARSE_ERROR, 'The body is missing') };
}

type RawBody = Extract<ReceivedBody, { bytes: unknown }>;
type UsableBody = RawBody | { readonly parsed: unknown };

async function receive(
  request: GateRequest,
  settings: GateSettings,
  refusals: Refusals,
): Promise<{ readonly body: UsableBody } | { readonly refusal: Refusal }> {
  const { bodyLimit, bodyTimeout } = settings;
  const refuse = (...args: Parameters<Refusals['body']>): { refusal: Refusal } => ({
    refusal: refusals.body(...args),
  });
  let body: ReceivedBody;
  try {
    const { readBody } = request;
    if (readBody === undefined) return missing(refusals);
    body = await within(bodyTimeout, 'the body', async (waiting) =>
      readBody.call(request, new Limits(bodyLimit, waiting)),
    );
  } catch (error) {
    return error instanceof TimeoutError
      ? refuse(408, 'body_timeout', 408, 'The body did not arrive in time')
      : refuse(400, 'invalid_body', PARSE_ERROR, 'The body could not be read');
  }
  if (isTooLarge(body, bodyLimit)) {
    return refuse(413, 'body_too_large', 413, `The body is larger than ${bodyLimit} bytes`);
  }
  return isUsable(body)
    ? { body }
    : refuse(400, 'invalid_body', PARSE_ERROR, 'The body could not be read');
}

/** `signal` is a getter, since creating a signal is expensive and most readers do not use it. */
class Limits implements BodyLimits {
  readonly maxBytes: number;
  readonly #waiting: Waiting;

  constructor(maxBytes: number, waiting: Waiting) {
    this.maxBytes = maxBytes;
    this.#waiting = waiting;
  }

  get signal(): AbortSignal {
    return this.#waiting.signal;
  }

  onEnd(listener: () => void): void {
    this.#waiting.onEnd(listener);
  }
}

function isTooLarge(body: unknown, limit: number): boolean {
  if (typeof body !== 'object' || body === null) return false;
  if (Object.hasOwn(body, 'tooLarge')) return true;
  const { bytes } = body as { bytes?: unknown };
  return (bytes instanceof Uint8Array || typeof bytes === 'string') && bytes.length > limit;
}

/** Checks what a binding returned, which may be code that we do not know. */
function isUsable(body: unknown): body is UsableBody {
  if (typeof body !== 'object' || body === null) return false;
  if (Object.hasOwn(body, 'parsed')) return true;
  if (!Object.hasOwn(body, 'bytes')) return false;
  const { bytes } = body as { bytes: unknown };
  return bytes instanceof Uint8Array || typeof bytes === 'string';
}

function toText(body: RawBody, refusals: Refusals): string | BodyOutcome {
  const unsupported = (message: string): BodyOutcome => ({
    refusal: refusals.body(415, 'unsupported_body', 415, message),
  });
  const encoding = body.contentEncoding?.trim().toLowerCase() ?? '';
  // The gate never decompresses: middleware in front of it can (CWE-409).
  if (encoding !== '' && encoding !== 'identity') return unsupported('Send the body unencoded');
  if (!isUtf8Json(body.contentType)) return unsupported(NOT_JSON);
  if (typeof body.bytes === 'string') return body.bytes;
  try {
    return UTF8_TEXT.decode(body.bytes);
  } catch {
    return { refusal: refusals.body(400, 'invalid_body', PARSE_ERROR, 'The body is not UTF-8') };
  }
}

/** `ignoreBOM` keeps a byte order mark, which JSON then refuses: parsers disagree about it. */
const UTF8_TEXT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `application/json` with no parameter but `charset=utf-8` (RFC 8259 s8.1, s11). Linear. */
function isUtf8Json(contentType: string | null): boolean {
  if (contentType === 'application/json') return true;
  const parts = (contentType ?? '').toLowerCase().split(';').map(trimWhitespace);
  return parts.shift() === 'application/json' && parts.every(isUtf8);
}

/** Lenient: allows an empty parameter, white space around `=`, and the common misspelling `utf8`. */
function isUtf8(parameter: string): boolean {
  if (parameter === '') return true;
  const [name = '', value = '', ...more] = parameter.split('=').map(trimWhitespace);
  return more.length === 0 && name === 'charset' && UTF8.has(value);
}

const UTF8: ReadonlySet<string> = new Set(['utf-8', '"utf-8"', 'utf8', '"utf8"']);
