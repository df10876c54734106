/**
 * Makes the `GateRequest` that core works with from a Web `Request`.
 *
 * @module
 */
import type { BodyLimits, GateRequest, ReceivedBody } from '../types.js';

/** Returns the request as a `GateRequest`; an object that is a `GateRequest` already is returned unchanged. */
export function toGateRequest(request: Request | GateRequest): GateRequest {
  return isWebRequest(request) ? fromWebRequest(request).gateRequest : request;
}

export interface WebRequestView {
  readonly gateRequest: GateRequest;
  /** The bytes of the body; `undefined` until it was read. */
  readonly bytes: () => Uint8Array | string | undefined;
}

/**
 * Returns the view of a Web request. A body can be read once only, so a handler behind the gate needs
 * `replayRequest(request, view)`.
 *
 * @param reread - returns the body as text, if a framework read it before and kept it
 * @param target - returns the target that the framework's router reads, if that is not the request's;
 * called when the target is needed
 * @example
 * ```ts
 * const { gateRequest } = fromWebRequest(context.req.raw, () => context.req.text());
 * const decision = await gate.check(gateRequest, 'notes:read');
 * ```
 */
export function fromWebRequest(
  request: Request,
  reread?: () => Promise<string>,
  target?: () => string,
): WebRequestView {
  const gateRequest = new RequestView(request, reread, target);
  return { gateRequest, bytes: () => gateRequest.bytes };
}

/** Implements the view as a class, because an object literal with getters costs more than a whole decision. */
class RequestView implements GateRequest {
  readonly method: string;
  /** The bytes of the body; set when the gate has read them. */
  bytes: Uint8Array | string | undefined;
  readonly #request: Request;
  readonly #reread: (() => Promise<string>) | undefined;
  readonly #target: (() => string) | undefined;
  #url: string | undefined;

  constructor(
    request: Request,
    reread: (() => Promise<string>) | undefined,
    target: (() => string) | undefined,
  ) {
    this.method = request.method;
    this.#request = request;
    this.#reread = reread;
    this.#target = target;
  }

  /**
   * The headers are read when they are first used. Some servers parse them only then, and an error of
   * such a server becomes a refusal.
   */
  get headers(): Headers {
    return this.#request.headers;
  }

  get url(): string {
    return (this.#url ??= this.#target?.() ?? this.#request.url);
  }

  /**
   * `body` is read only if a rule needs it and the headers do not show that there is one: on some
   * runtimes reading the member begins a stream.
   */
  get readBody(): ((limits: BodyLimits) => Promise<ReceivedBody>) | undefined {
    if (this.method === 'GET' || this.method === 'HEAD') return undefined;
    const hasBody = length(this.headers) > 0 || this.#request.body !== null;
    return hasBody ? (limits) => this.#read(limits) : undefined;
  }

  async #read(limits: BodyLimits): Promise<ReceivedBody> {
    const { headers } = this;
    // No `Request` can be made of a URL that names a user, so the handler could not be given the
    // evaluated body.
    if (hasUserinfo(this.#request.url)) throw new Error('the target names a user');
    const reread = this.#request.bodyUsed ? this.#reread : undefined;
    // The length is checked before the first byte is read: some connections cannot be reused once a
    // stream has begun.
    if (reread === undefined && length(headers) > limits.maxBytes) return { tooLarge: true };
    this.bytes = await (reread === undefined ? readAll(this.#request, limits) : reread());
    if (this.bytes === undefined) return { tooLarge: true };
    return {
      bytes: this.bytes,
      contentType: headers.get('content-type'),
      contentEncoding: headers.get('content-encoding'),
    };
  }
}

/** Returns the length in the `Content-Length` header; 0 without that header. */
function length(headers: Headers): number {
  return Number(headers.get('content-length'));
}

/** Whether a URL names a user, which a target must not do (RFC 9110 s4.2.4). */
function hasUserinfo(url: string): boolean {
  return /^[^/?#]*:\/\/[^/?#]*@/.test(url);
}

function isWebRequest(request: Request | GateRequest): request is Request {
  return 'bodyUsed' in request;
}

/**
 * Reads all bytes, or returns `undefined` past the limit. It reads no stream if the server made the
 * request: streams are slow on some servers, and the framing limits such a body to its announced length
 * (RFC 9112 s6.3).
 */
async function readAll(request: Request, limits: BodyLimits): Promise<Uint8Array | undefined> {
  return length(request.headers) > 0 && isOfServer(request)
    ? new Uint8Array(await request.arrayBuffer())
    : readStream(request.body, limits);
}

/**
 * Whether a server made the request from its own message, with a prototype that belongs to no class
 * (`@hono/node-server`). A constructed request may have any body: middleware that decompresses bodies
 * makes such requests.
 */
function isOfServer(request: Request): boolean {
  const kind = Object.getPrototypeOf(request) as object | null;
  return request instanceof Request && kind !== null && !Object.hasOwn(kind, 'constructor');
}

/** Reads all bytes of a stream, or returns `undefined` past the limit; stops when the time is over. */
async function readStream(
  stream: ReadableStream<Uint8Array> | null,
  limits: BodyLimits,
): Promise<Uint8Array | undefined> {
  if (stream === null) return new Uint8Array();
  const reader = stream.getReader();
  let isReading = true;
  const cancel = (): void => {
    if (isReading) reader.cancel().catch(() => undefined);
  };
  limits.onEnd(cancel);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > limits.maxBytes) {
      cancel();
      return undefined;
    }
    chunks.push(value);
  }
  isReading = false;
  return concat(chunks, size);
}

function concat(chunks: readonly Uint8Array[], size: number): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}
