/**
 * A Web `Request` seen as the values core works on.
 *
 * @module
 */
import type { BodyLimits, GateRequest, ReceivedBody } from '../types.js';

/** The request as a `GateRequest`; one that is already comes back as it is. */
export function toGateRequest(request: Request | GateRequest): GateRequest {
  return isWebRequest(request) ? fromWebRequest(request).gateRequest : request;
}

/** A Web request's view, and the bytes once they were read. */
export interface WebRequestView {
  readonly gateRequest: GateRequest;
  /** `undefined` until the body was read. */
  readonly bytes: () => Uint8Array | string | undefined;
}

/**
 * Views a Web request. Reading its body uses it up: whoever passes the request on makes a new one
 * with `bytes()`.
 *
 * @param reread - gives the body as text where a framework read it before, and kept it
 * @param target - the target that the framework's router reads, where that is not the request's;
 * called when somebody asks for it
 */
export function fromWebRequest(
  request: Request,
  reread?: () => Promise<string>,
  target?: () => string,
): WebRequestView {
  const seen = new SeenRequest(request, reread, target);
  return { gateRequest: seen, bytes: () => seen.bytes };
}

/** A class, since an object literal with getters costs more than a whole decision. */
class SeenRequest implements GateRequest {
  readonly method: string;
  /** Once they were read. */
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

  /** Made when somebody looks, as some servers do: then the gate answers for what that throws. */
  get headers(): Headers {
    return this.#request.headers;
  }

  get url(): string {
    return (this.#url ??= this.#target?.() ?? this.#request.url);
  }

  /**
   * Looking at `body` begins a stream on some runtimes: not for a request that is refused unread, nor
   * where the header tells. That there is none, only `body` itself can say.
   */
  get readBody(): ((limits: BodyLimits) => Promise<ReceivedBody>) | undefined {
    if (this.method === 'GET' || this.method === 'HEAD') return undefined;
    const hasBody = length(this.headers) > 0 || this.#request.body !== null;
    return hasBody ? (limits) => this.#read(limits) : undefined;
  }

  async #read(limits: BodyLimits): Promise<ReceivedBody> {
    const { headers } = this;
    // Of it no `Request` can be made, so that nobody could be handed what was judged.
    if (hasUserinfo(this.#request.url)) throw new Error('the target names a user');
    const reread = this.#request.bodyUsed ? this.#reread : undefined;
    // Before a byte is asked for: a stream that was begun keeps some connections from being reused.
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

/** What the framing announces; 0 if it does not say. */
function length(headers: Headers): number {
  return Number(headers.get('content-length'));
}

/** Whose presence in a target is an error (RFC 9110 s4.2.4). */
function hasUserinfo(url: string): boolean {
  return /^[^/?#]*:\/\/[^/?#]*@/.test(url);
}

function isWebRequest(request: Request | GateRequest): request is Request {
  return 'bodyUsed' in request;
}

/**
 * All bytes, or `undefined` past the limit. Streams are dear on some servers, and not needed where the
 * request is still the server's own: framing then holds the body to its length (RFC 9112 s6.3).
 */
async function readAll(request: Request, limits: BodyLimits): Promise<Uint8Array | undefined> {
  return length(request.headers) > 0 && isOfServer(request)
    ? new Uint8Array(await request.arrayBuffer())
    : readStream(request.body, limits);
}

/**
 * Whether a server made the request over its own message, with a prototype that is no class's
 * (`@hono/node-server`). One that is constructed may have any body: middleware that inflates makes such.
 */
function isOfServer(request: Request): boolean {
  const kind = Object.getPrototypeOf(request) as object | null;
  return request instanceof Request && kind !== null && !Object.hasOwn(kind, 'constructor');
}

/** All bytes of a stream, or `undefined` past the limit. Stops when nobody waits any more. */
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
