/**
 * A Node request seen as the values core works on.
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
  /** The target as it came, before a framework cut its mount path off. */
  originalUrl?: string;
  /** What Express cut off so far. */
  baseUrl?: string;
}

/** A Node request's view, and the bytes once the gate itself read them. */
export interface NodeRequestView {
  readonly gateRequest: GateRequest;
  readonly bytes: () => Buffer | undefined;
}

/**
 * Views a Node request. Header fields are read from the wire's own list: Node keeps only the first
 * of two `Authorization` lines elsewhere. A header that a middleware changes later is not seen.
 *
 * The body comes from the framework's parser if that was there first, else from the stream.
 *
 * @param target - the target that the framework's router reads, where the request does not tell it
 */
export function fromNodeRequest(req: ParsedRequest, target?: string): NodeRequestView {
  const seen = new SeenRequest(req, target);
  return { gateRequest: seen, bytes: () => seen.bytes };
}

class SeenRequest implements GateRequest {
  readonly method: string;
  readonly headers: GateRequest['headers'];
  readonly readBody: GateRequest['readBody'];
  /** Once they were read. */
  bytes: Buffer | undefined;
  readonly #req: ParsedRequest;
  #url: string | undefined;

  constructor(req: ParsedRequest, target: string | undefined) {
    this.method = req.method ?? '';
    this.headers = {
      get: (name) => (name === 'authorization' && isCutOff(req) ? ',' : field(req, name)),
    };
    this.readBody = hasBody(req) ? (limits) => this.#read(limits) : undefined;
    this.bytes = undefined;
    this.#req = req;
    this.#url = target;
  }

  get url(): string {
    return (this.#url ??= servedTarget(this.#req));
  }

  clientCertificate(): Uint8Array | undefined {
    return (this.#req.socket as TLSSocket).getPeerCertificate?.()?.raw;
  }

  async #read(limits: BodyLimits): Promise<ReceivedBody> {
    const req = this.#req;
    const contentType = field(req, 'content-type');
    if (wasRead(req)) return parsedBody(req, contentType);
    this.bytes = await readStream(req, limits);
    return this.bytes === undefined
      ? { tooLarge: true }
      : { bytes: this.bytes, contentType, contentEncoding: field(req, 'content-encoding') };
  }
}

/**
 * Whether Node may have dropped lines of the header: silently, past a number of list entries, two for
 * each line. A framing that nobody sees may be among them, or a second credential. Such a request
 * shows credentials that no gate takes.
 */
function isCutOff({ rawHeaders, socket }: IncomingMessage): boolean {
  const { server } = socket as { server?: { readonly maxHeadersCount?: number | null } };
  const lines = server?.maxHeadersCount ?? DEFAULT_LINES;
  return lines > 0 && rawHeaders.length >= lines * 2;
}

/** Node's own, where `maxHeadersCount` is not set: documented are 2000, but it counts entries. */
const DEFAULT_LINES = 1000;

/** All lines of a field, joined with `, ` (RFC 9110 s5.3); `name` in lower case. */
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

/** Whether the message has content: by its framing (RFC 9112 s6.3), or unknown before HTTP/1. */
function hasBody(req: IncomingMessage): boolean {
  if (req.httpVersionMajor !== 1) return true;
  const length = field(req, 'content-length');
  return field(req, 'transfer-encoding') !== null || (length !== null && length !== '0');
}

/** `req.body` alone does not tell: parsers set it on requests that they did not read, too. */
function wasRead(req: ParsedRequest): boolean {
  return req.readableDidRead || req.readableEnded || req._body === true;
}

function parsedBody({ body }: ParsedRequest, contentType: string | null): ReceivedBody {
  if (body === undefined) throw new Error('something read the body and left nothing of it');
  // A text or raw parser has undone the content coding and the framing; the JSON is still to judge.
  return typeof body === 'string' || body instanceof Uint8Array
    ? { bytes: body, contentType, contentEncoding: null }
    : { parsed: body };
}

/** All bytes, or `undefined` past the limit; the connection stays usable either way. */
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
    // What is left of a body must be read away, or the connection is reset before the answer is.
    const giveUp = (): void => {
      if (!isReading) return;
      detach();
      req.resume();
      resolve(undefined);
    };
    const onData = (chunk: Buffer | string): void => {
      // Somebody in front may have asked the stream for text.
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
    // It may have gone while the token was judged: no event would tell of it any more.
    if (req.destroyed) return onClose();
    req.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
    limits.onEnd(giveUp);
  });
}
