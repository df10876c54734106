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

/** What a router chose, and what the request says now. */
export interface Routed {
  /** The path that it chose by. */
  readonly path: string;
  /** The path that it would choose by now. */
  readonly current: string;
  /** What it chose; `ALL` goes with every method. */
  readonly routes: readonly { readonly method: string }[];
}

/**
 * Views a Web request. Reading its body uses it up: whoever passes the request on makes a new one
 * with `bytes()`.
 *
 * @param reread - gives the body as text where a framework read it before, and kept it
 * @param routed - where a framework lets middleware replace the request behind its router. One with
 * another path or method is viewed as `*`, which policies over paths deny
 */
export function fromWebRequest(
  request: Request,
  reread?: () => Promise<string>,
  routed?: Routed,
): WebRequestView {
  let bytes: Uint8Array | string | undefined;
  const { method, headers } = request;
  const url = routed === undefined || isRouted(request, routed) ? request.url : '*';
  const spent = reread !== undefined && request.bodyUsed;
  const readBody = async (limits: BodyLimits): Promise<ReceivedBody> => {
    // Before a byte is asked for: a stream that was begun keeps some connections from being reused.
    if (!spent && length(headers) > limits.maxBytes) return { tooLarge: true };
    bytes = await (spent ? reread() : readStream(request.body, limits));
    if (bytes === undefined) return { tooLarge: true };
    return {
      bytes,
      contentType: headers.get('content-type'),
      contentEncoding: headers.get('content-encoding'),
    };
  };
  const gateRequest: GateRequest = {
    method,
    url,
    headers,
    // Looking at `body` begins a stream on some runtimes: not for a request that is refused unread,
    // nor where the header tells. That there is none, only `body` itself can say.
    get readBody() {
      if (method === 'GET' || method === 'HEAD') return undefined;
      return length(headers) > 0 || request.body !== null ? readBody : undefined;
    },
  };
  return { gateRequest, bytes: () => bytes };
}

/** HEAD is routed as GET; a router may drop a slash at the end. */
function isRouted({ method }: Request, { path, current, routes }: Routed): boolean {
  const asRouted = method === 'HEAD' ? 'GET' : method;
  return (
    (current === path || current === `${path}/`) &&
    routes.every((route) => route.method === 'ALL' || route.method === asRouted)
  );
}

/** What the framing announces; 0 if it does not say. */
function length(headers: Headers): number {
  return Number(headers.get('content-length'));
}

function isWebRequest(request: Request | GateRequest): request is Request {
  return 'bodyUsed' in request;
}

/** All bytes of a stream, or `undefined` past the limit. Stops when the signal aborts. */
async function readStream(
  stream: ReadableStream<Uint8Array> | null,
  { maxBytes, signal }: BodyLimits,
): Promise<Uint8Array | undefined> {
  if (stream === null) return new Uint8Array();
  const reader = stream.getReader();
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', cancel, { once: true });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > maxBytes) {
      cancel();
      return undefined;
    }
    chunks.push(value);
  }
  signal.removeEventListener('abort', cancel);
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
