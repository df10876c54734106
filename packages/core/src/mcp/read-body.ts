/**
 * Reads and parses a body once, within limits. Every error becomes a fault.
 *
 * @module
 */
import type { JsonRpcId } from '../challenge/index.js';
import { trimWhitespace } from '../http/index.js';
import type { BodyBounds, Fault, ReadBody } from '../policy/index.js';
import type { BodyLimits, GateRequest, ReceivedBody } from '../types.js';
import { MAX_DEPTH, has, isObject, isSelfContained, nestsTooDeep, ownMember } from '../values.js';
import { TimeoutError, within } from '../wait.js';
import type { Waiting } from '../wait.js';
import { BATCH } from './read-message.js';

/** The error codes of JSON-RPC 2.0 s5.1. */
const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;

/** Code units of JSON (RFC 8259 s2). */
const QUOTE = 0x22;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Reads a JSON body (RFC 8259: UTF-8, one document). */
export function readJsonBody(
  request: GateRequest,
  bounds: BodyBounds,
): ReadBody | Fault | Promise<ReadBody | Fault> {
  const body = receive(request, bounds);
  return body instanceof Promise
    ? body.then((received) => parse(received, request))
    : parse(body, request);
}

function parse(body: Received, request: GateRequest): ReadBody | Fault {
  if (has(body, 'fault')) return body;
  if (has(body, 'parsed')) {
    // A framework's parser also makes objects of forms, which are not JSON. In another charset its result
    // could differ from what a reader of UTF-8 finds in the same bytes.
    return isUtf8Json(request.headers.get('content-type')) ? accept(body.parsed) : NOT_JSON;
  }
  if (body.bytes.length === 0) return MISSING;
  const text = toText(body);
  if (typeof text !== 'string') return text;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return invalid('The body is not JSON');
  }
  // A batch is refused whatever its messages are, so they are not checked.
  if (Array.isArray(value)) return BATCH;
  if (maySpell(text)) return accept(value);
  return mayNestTooDeep(text) && textNestsTooDeep(text) ? TOO_DEEP : { value };
}

/**
 * Whether the text may contain the names that `isSelfContained` refuses, even if an escape hides them.
 * It searches for a single backslash, because a search for a backslash and `u` is slow in a text with
 * many backslashes.
 */
function maySpell(text: string): boolean {
  return text.includes('\\') || text.includes('__proto__') || text.includes('constructor');
}

/**
 * Whether the text has more opening brackets than {@link MAX_DEPTH}, brackets in strings included. If it
 * does not, the slower check of every member is not needed.
 */
function mayNestTooDeep(text: string): boolean {
  let opened = 0;
  for (const bracket of '[{') {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      if (++opened > MAX_DEPTH) return true;
    }
  }
  return false;
}

/**
 * Whether a JSON text without a backslash nests deeper than {@link MAX_DEPTH}. Without a backslash, every
 * second quote ends a string. The text is scanned instead of the document, since a visit to each of many
 * small lists takes as long as parsing them.
 */
function textNestsTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) at = text.indexOf('"', at + 1);
    else if (unit < OPEN_LIST) continue;
    else if (unit === OPEN_LIST || unit === OPEN_OBJECT) {
      if (++depth > MAX_DEPTH) return true;
    } else if (unit === CLOSE_LIST || unit === CLOSE_OBJECT) depth--;
  }
  return false;
}

/** Returns the parsed document, or a fault if a member of it could become a prototype or it nests too deep. */
function accept(value: unknown): ReadBody | Fault {
  if (isSelfContained(value)) return { value };
  if (nestsTooDeep(value)) return TOO_DEEP;
  const id = ownMember(value, 'id');
  const rpcId = typeof id === 'string' || typeof id === 'number' ? id : null;
  return invalid('A member of the body would become a prototype', INVALID_REQUEST, rpcId);
}

/** Refuses a request with a body, since a handler could act on content that no rule has seen. */
export function expectNoBody(
  request: GateRequest,
  bounds: BodyBounds,
): ReadBody | Fault | Promise<ReadBody | Fault> {
  // Some platforms hide the body of a GET, but the header still announces it.
  if (declaresBody(request)) return UNWANTED;
  if (request.readBody === undefined) return NO_BODY;
  const body = receive(request, bounds);
  return body instanceof Promise ? body.then(expectEmpty) : expectEmpty(body);
}

function expectEmpty(body: Received): ReadBody | Fault {
  if (has(body, 'fault')) return body;
  return has(body, 'bytes') && body.bytes.length === 0 ? NO_BODY : UNWANTED;
}

/** Whether the framing announces content (RFC 9112 s6.3). */
function declaresBody({ headers }: GateRequest): boolean {
  const length = headers.get('content-length');
  return headers.get('transfer-encoding') !== null || (length !== null && length !== '0');
}

type RawBody = Extract<ReceivedBody, { bytes: unknown }>;

type Received = RawBody | { readonly parsed: unknown } | Fault;

/**
 * Reads the body with the `readBody` of the request, without a promise if the body is already there, and
 * checks the result, because an adapter may be code of others. A parsed body is not measured.
 */
function receive(
  request: GateRequest,
  { bodyLimit, bodyTimeout }: BodyBounds,
): Received | Promise<Received> {
  let body: unknown;
  try {
    const { readBody } = request;
    if (readBody === undefined) return MISSING;
    body = within(bodyTimeout, 'the body', (waiting) =>
      readBody.call(request, new Limits(bodyLimit, waiting)),
    );
  } catch (error) {
    return unreceived(error);
  }
  return body instanceof Promise
    ? body.then((received: unknown) => checkReceived(received, bodyLimit), unreceived)
    : checkReceived(body, bodyLimit);
}

function unreceived(error: unknown): Fault {
  return error instanceof TimeoutError
    ? fault('body_timeout', 408, 'The body did not arrive in time')
    : UNREADABLE;
}

/** Checks what `readBody` of the adapter returned. */
function checkReceived(received: unknown, bodyLimit: number): Received {
  if (!isObject(received)) return UNREADABLE;
  const body = received as Partial<RawBody>;
  const bytes = ownMember(body, 'bytes');
  const isRaw = bytes instanceof Uint8Array || typeof bytes === 'string';
  if (Object.hasOwn(body, 'tooLarge') || (isRaw && exceeds(bytes, bodyLimit))) {
    return fault('body_too_large', 413, `The body is larger than ${bodyLimit} bytes`);
  }
  if (Object.hasOwn(body, 'parsed')) return { parsed: ownMember(body, 'parsed') };
  if (!isRaw) return UNREADABLE;
  const { contentType = null, contentEncoding = null } = body;
  return { bytes, contentType, contentEncoding };
}

/** Whether a body is longer than the limit, which counts the bytes of a text in UTF-8. */
function exceeds(body: Uint8Array | string, bodyLimit: number): boolean {
  if (body.length > bodyLimit) return true;
  // A UTF-16 unit has at most three bytes in UTF-8.
  const isShort = typeof body !== 'string' || body.length * 3 <= bodyLimit;
  return !isShort && new TextEncoder().encode(body).length > bodyLimit;
}

/**
 * The limits that a reader gets. `signal` is a getter, since creating a signal is expensive and most
 * readers do not use it.
 */
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

function toText({ bytes, contentType, contentEncoding }: RawBody): string | Fault {
  const encoding = contentEncoding?.trim().toLowerCase() ?? '';
  // The gate never decompresses: middleware in front of it can (CWE-409).
  if (encoding !== '' && encoding !== 'identity') return unsupported('Send the body unencoded');
  if (!isUtf8Json(contentType)) return NOT_JSON;
  if (typeof bytes === 'string') return bytes;
  try {
    return UTF8_TEXT.decode(bytes);
  } catch {
    return invalid('The body is not UTF-8');
  }
}

/** `ignoreBOM` keeps a byte order mark, so that the JSON parser refuses it: parsers disagree about it. */
const UTF8_TEXT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Whether a content type is `application/json` with no parameter but `charset=utf-8` (RFC 8259 s8.1, s11).
 * It runs in linear time.
 */
function isUtf8Json(contentType: string | null): boolean {
  if (contentType === 'application/json') return true;
  const parts = (contentType ?? '').toLowerCase().split(';').map(trimWhitespace);
  return parts.shift() === 'application/json' && parts.every(isUtf8);
}

/**
 * Whether a parameter of the content type is `charset=utf-8`. The check is lenient: it also accepts an
 * empty parameter, white space around `=`, and the common misspelling `utf8`.
 */
function isUtf8(parameter: string): boolean {
  if (parameter === '') return true;
  const [name = '', value = '', ...more] = parameter.split('=').map(trimWhitespace);
  return more.length === 0 && name === 'charset' && UTF8.has(value);
}

const UTF8: ReadonlySet<string> = new Set(['utf-8', '"utf-8"', 'utf8', '"utf8"']);

function fault(
  reason: Fault['fault'],
  code: number,
  message: string,
  rpcId: JsonRpcId = null,
): Fault {
  return { kind: 'fault', fault: reason, code, message, rpcId };
}

function invalid(message: string, code = PARSE_ERROR, rpcId?: JsonRpcId): Fault {
  return fault('invalid_body', code, message, rpcId);
}

function unsupported(message: string): Fault {
  return fault('unsupported_body', 415, message);
}

const NOT_JSON = unsupported('Send application/json in UTF-8');
const NO_BODY: ReadBody = { value: undefined };
const MISSING = invalid('The body is missing');
const UNREADABLE = invalid('The body could not be read');
const TOO_DEEP = invalid(`The body nests deeper than ${MAX_DEPTH}`);
const UNWANTED = invalid('This request must not have a body', INVALID_REQUEST);
