/**
 * Makes the `GateRequest` that core works with from a Node request.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { BodyLimits, GateRequest, ReceivedBody } from '../types.js';
import { isCutOff, readField } from './header-fields.js';
import { readStream, unreadBytesOf } from './read-stream.js';
import { servedTarget } from './target.js';

/** A request that a framework's body parser may have worked on. */
export interface ParsedRequest extends IncomingMessage {
  body?: unknown;
  /** Set by Express's parsers after they read the body. */
  _body?: boolean;
  /** The request target as the client sent it; frameworks remove the mount path from `url`. */
  originalUrl?: string;
  /** The mount path that Express removed from `url`. */
  baseUrl?: string;
}

export interface NodeRequestView {
  readonly gateRequest: GateRequest;
  /** The bytes of the body, if the gate read them. */
  readonly bytes: () => Buffer | undefined;
}

/**
 * Returns the view of a Node request, also of one that no socket made (serverless bridges, mocks). Header
 * fields have the values of `headers`, as other middleware sees them; their lines are counted in
 * `rawHeaders`, because `headers` keeps only the first of two `Authorization` lines.
 *
 * The body is the result of the framework's parser, if it ran before, and otherwise the bytes of the
 * stream. These are put back, so that code behind the gate can read the stream again.
 *
 * @param target - the target that the framework's router reads, if the request does not show it
 */
export function fromNodeRequest(req: ParsedRequest, target?: string): NodeRequestView {
  return new SeenRequest(req, target);
}

/** Reads most parts when they are first used: the metadata of a gate needs method and target alone. */
class SeenRequest implements GateRequest, NodeRequestView {
  readonly method: string;
  readonly headers: SeenHeaders;
  readonly #req: ParsedRequest;
  #url: string | undefined;
  /** The bytes of the body; set when the gate has read them. */
  #bytes: Buffer | undefined;

  constructor(req: ParsedRequest, target: string | undefined) {
    this.method = req.method ?? '';
    this.headers = new SeenHeaders(req);
    this.#req = req;
    this.#url = target;
  }

  get gateRequest(): GateRequest {
    return this;
  }

  bytes(): Buffer | undefined {
    return this.#bytes;
  }

  get url(): string {
    return (this.#url ??= servedTarget(this.#req));
  }

  get readBody(): GateRequest['readBody'] {
    return hasBody(this.#req) ? (limits) => this.#read(limits) : undefined;
  }

  get source(): object {
    return this.#req;
  }

  clientCertificate(): Uint8Array | undefined {
    return this.#socket?.getPeerCertificate?.()?.raw;
  }

  remoteAddress(): string | undefined {
    return this.#socket?.remoteAddress;
  }

  /** A mock has none. */
  get #socket(): Partial<TLSSocket> | undefined {
    return this.#req.socket as TLSSocket | undefined;
  }

  #read(limits: BodyLimits): ReceivedBody | Promise<ReceivedBody> {
    const req = this.#req;
    this.#bytes = undefined;
    if (req._body !== true) {
      // Another gate may have read the stream, and put the body back.
      const unread = unreadBytesOf(req);
      if (unread !== undefined) return this.#received(unread);
    }
    if (wasRead(req)) return parsedBody(req, readField(req, 'content-type'));
    const bytes = readStream(req, limits, Number(readField(req, 'content-length')));
    return bytes instanceof Promise
      ? bytes.then((read) => this.#received(read))
      : this.#received(bytes);
  }

  #received(bytes: Buffer | undefined): ReceivedBody {
    this.#bytes = bytes;
    if (bytes === undefined) return { tooLarge: true };
    const req = this.#req;
    const contentType = readField(req, 'content-type');
    return { bytes, contentType, contentEncoding: readField(req, 'content-encoding') };
  }
}

class SeenHeaders {
  readonly #req: IncomingMessage;

  constructor(req: IncomingMessage) {
    this.#req = req;
  }

  get(name: string): string | null {
    return isCutOff(this.#req) ? ',' : readField(this.#req, name.toLowerCase());
  }
}

/**
 * Whether the request may have a body. In HTTP/1 the framing headers say so (RFC 9112 s6.3); in other
 * versions it is not known, so the result is `true`. A mock that is no stream has the body in `body`.
 */
function hasBody(req: ParsedRequest): boolean {
  if (!isStream(req)) return isContent(req.body);
  if (req.httpVersionMajor !== 1) return true;
  const length = readField(req, 'content-length');
  return readField(req, 'transfer-encoding') !== null || (length !== null && length !== '0');
}

/** Whether a mock has a body. Without one, `body` is often an empty object, as in Express 4. */
function isContent(body: unknown): boolean {
  return typeof body === 'object' && body !== null ? Object.keys(body).length > 0 : Boolean(body);
}

/**
 * Whether the request is a stream. Some mocks are not, and would never emit an event, although Express gives them
 * the methods of a stream.
 */
function isStream(req: object): boolean {
  return '_readableState' in req;
}

/**
 * Whether other code has read the body. `req.body` does not show it: parsers also set it on requests that
 * they did not read.
 */
function wasRead(req: ParsedRequest): boolean {
  return !isStream(req) || req.readableDidRead || req.readableEnded || req._body === true;
}

function parsedBody({ body }: ParsedRequest, contentType: string | null): ReceivedBody {
  if (body === undefined) throw new Error('something read the body and left nothing of it');
  // A text or raw parser has decoded the content coding and the framing, but has not parsed the JSON.
  return typeof body === 'string' || body instanceof Uint8Array
    ? { bytes: body, contentType, contentEncoding: null }
    : { parsed: body };
}
