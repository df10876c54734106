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
  /** The bytes of the body, or its text; `undefined` unless the gate has read it. */
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
  return new RequestView(request, reread, target);
}

/** A class, because an object literal with getters costs more than a whole decision. */
class RequestView implements GateRequest, WebRequestView {
  readonly method: string;
  readonly #request: Request;
  readonly #reread: (() => Promise<string>) | undefined;
  readonly #target: (() => string) | undefined;
  #url: string | undefined;
  /** Set when the gate has read the body. */
  #bytes: Uint8Array | string | undefined;

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

  get gateRequest(): GateRequest {
    return this;
  }

  bytes(): Uint8Array | string | undefined {
    return this.#bytes;
  }

  get source(): object {
    return (this.#request as Replayed)[SOURCE] ?? this.#request;
  }

  /** Read on use: some servers parse headers only then, and an error of theirs becomes a refusal. */
  get headers(): Headers {
    return this.#request.headers;
  }

  get url(): string {
    return (this.#url ??= this.#target?.() ?? this.#request.url);
  }

  /**
   * The request's member `body` is read only if a policy needs the body and the headers do not announce one:
   * on some runtimes, reading the member begins a stream.
   */
  get readBody(): ((limits: BodyLimits) => Promise<ReceivedBody>) | undefined {
    if (this.method === 'GET' || this.method === 'HEAD') return undefined;
    const hasBody = length(this.headers) > 0 || this.#request.body !== null;
    return hasBody ? (limits) => this.#read(limits) : undefined;
  }

  async #read(limits: BodyLimits): Promise<ReceivedBody> {
    const request = this.#request;
    const { headers } = request;
    // No `Request` can be made of such a URL, so the handler could not be given the evaluated body.
    if (hasUserinfo(request.url)) throw new Error('the target names a user');
    const announced = length(headers);
    if (this.#reread !== undefined && request.bodyUsed) {
      this.#bytes = await this.#reread();
    } else if (announced > limits.maxBytes) {
      // Before the first byte is read: some connections cannot be reused once a stream has begun.
      return { tooLarge: true };
    } else if (announced > 0 && isOfServer(request)) {
      // Streams are slow on some servers, and not needed if the request is the server's own: its framing
      // limits the body to its announced length (RFC 9112 s6.3).
      this.#bytes = new Uint8Array(await request.arrayBuffer());
    } else {
      this.#bytes = await readStream(request.body, limits);
    }
    if (this.#bytes === undefined) return { tooLarge: true };
    return {
      bytes: this.#bytes,
      contentType: headers.get('content-type'),
      contentEncoding: headers.get('content-encoding'),
    };
  }
}

/** The member of a request that was made from another one: the server's own request. */
export const SOURCE: unique symbol = Symbol('scopegate.source');

/** A request that may have been made from another one. */
export interface Replayed {
  [SOURCE]?: object | undefined;
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
 * Whether a server made the request from its own message, with a prototype that belongs to no class
 * (`@hono/node-server`). A constructed request may have any body: middleware that decompresses bodies
 * makes such requests.
 */
function isOfServer(request: Request): boolean {
  if (!(request instanceof Request)) return false;
  return !Object.hasOwn(Object.getPrototypeOf(request) as object, 'constructor');
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
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > limits.maxBytes) {
      cancel();
      return undefined;
    }
    chunks.push(value as Uint8Array<ArrayBuffer>);
  }
  isReading = false;
  return chunks.length === 1 ? chunks[0] : new Uint8Array(await new Blob(chunks).arrayBuffer());
}
