/**
 * Makes the `GateRequest` that core works with from a Node request.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { BodyLimits, GateRequest, ReceivedBody } from '../types.js';
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
 * Returns the view of a Node request. Header fields are read from `rawHeaders`, because `headers` keeps
 * only the first of two `Authorization` lines. A header that middleware changes later is not seen.
 *
 * The body is the result of the framework's parser, if it ran before, and otherwise the bytes of the stream.
 *
 * @param target - the target that the framework's router reads, if the request does not show it
 */
export function fromNodeRequest(req: ParsedRequest, target?: string): NodeRequestView {
  return new SeenRequest(req, target);
}

/** Every part is read when it is asked for: the metadata of a gate asks for the target alone. */
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
    return (this.#req.socket as TLSSocket).getPeerCertificate?.()?.raw;
  }

  remoteAddress(): string | undefined {
    return this.#req.socket.remoteAddress;
  }

  #read(limits: BodyLimits): ReceivedBody | Promise<ReceivedBody> {
    const req = this.#req;
    const contentType = field(req, 'content-type');
    if (wasRead(req)) return parsedBody(req, contentType);
    return readStream(req, limits).then((bytes) => {
      this.#bytes = bytes;
      if (bytes === undefined) return { tooLarge: true };
      return { bytes, contentType, contentEncoding: field(req, 'content-encoding') };
    });
  }
}

class SeenHeaders {
  readonly #req: IncomingMessage;

  constructor(req: IncomingMessage) {
    this.#req = req;
  }

  get(name: string): string | null {
    return name === 'authorization' && isCutOff(this.#req) ? ',' : field(this.#req, name);
  }
}

/**
 * Whether Node may have dropped header lines, which it does silently past a number of entries in
 * `rawHeaders`, two for each line. A framing header or a second credential may be among the dropped
 * lines, so the view of such a request shows credentials that every gate refuses.
 */
function isCutOff({ rawHeaders, socket }: IncomingMessage): boolean {
  const { server } = socket as { server?: { readonly maxHeadersCount?: number | null } };
  const lines = server?.maxHeadersCount ?? DEFAULT_LINES;
  return lines > 0 && rawHeaders.length >= lines * 2;
}

/** Node's default for `maxHeadersCount`: the documentation says 2000, but Node counts entries. */
const DEFAULT_LINES = 1000;

/** Returns all lines of a header field, joined with `, ` (RFC 9110 s5.3); `name` is in lower case. */
function field(req: IncomingMessage, name: string): string | null {
  const { rawHeaders } = req;
  let value: string | null = null;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const key = rawHeaders[i] as string;
    if (key.length !== name.length || key.toLowerCase() !== name) continue;
    const line = rawHeaders[i + 1] as string;
    value = value === null ? line : `${value}, ${line}`;
  }
  return value;
}

/**
 * Whether the request may have a body. In HTTP/1 the framing headers say so (RFC 9112 s6.3); in other
 * versions it is not known, so the result is `true`.
 */
function hasBody(req: IncomingMessage): boolean {
  if (req.httpVersionMajor !== 1) return true;
  const length = field(req, 'content-length');
  return field(req, 'transfer-encoding') !== null || (length !== null && length !== '0');
}

/**
 * Whether other code has read the body. `req.body` does not show it: parsers also set it on requests that
 * they did not read.
 */
function wasRead(req: ParsedRequest): boolean {
  return req.readableDidRead || req.readableEnded || req._body === true;
}

function parsedBody({ body }: ParsedRequest, contentType: string | null): ReceivedBody {
  if (body === undefined) throw new Error('something read the body and left nothing of it');
  // A text or raw parser has decoded the content coding and the framing, but has not parsed the JSON.
  return typeof body === 'string' || body instanceof Uint8Array
    ? { bytes: body, contentType, contentEncoding: null }
    : { parsed: body };
}

/** Reads all bytes, or returns `undefined` past the limit; the connection stays usable either way. */
function readStream(req: IncomingMessage, limits: BodyLimits): Promise<Buffer | undefined> {
  const { maxBytes } = limits;
  if (Number(field(req, 'content-length')) > maxBytes) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let isReading = true;
    const detach = (): void => {
      req.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
      isReading = false;
    };
    // The rest of the body must be read, or the connection is reset before the answer arrives.
    const giveUp = (): void => {
      if (!isReading) return;
      detach();
      req.resume();
      resolve(undefined);
    };
    const onData = (chunk: Buffer | string): void => {
      // Earlier middleware may have called `setEncoding`.
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      size += bytes.length;
      if (size > maxBytes) return giveUp();
      chunks.push(bytes);
    };
    const onEnd = (): void => {
      detach();
      resolve(Buffer.concat(chunks, size));
    };
    const onError = (error: Error): void => {
      detach();
      reject(error);
    };
    const onClose = (): void => onError(new Error('the client went away'));
    // The client may have left while the token was verified: no event would follow then.
    if (req.destroyed) return onClose();
    req.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
    limits.onEnd(giveUp);
  });
}
