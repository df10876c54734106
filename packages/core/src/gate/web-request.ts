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
  readonly bytes: () => Uint8Array | undefined;
}

/**
 * Views a Web request. Reading its body uses it up: whoever passes the request on makes a new one
 * with `bytes()`.
 */
export function fromWebRequest(request: Request): WebRequestView {
  let bytes: Uint8Array | undefined;
  const readBody = async (limits: BodyLimits): Promise<ReceivedBody> => {
    bytes = await readStream(request.body as ReadableStream<Uint8Array>, limits);
    if (bytes === undefined) return { tooLarge: true };
    return {
      bytes,
      contentType: request.headers.get('content-type'),
      contentEncoding: request.headers.get('content-encoding'),
    };
  };
  const { method, url, headers } = request;
  // `body` alone says whether there is one; looking at it on some runtimes has a price.
  const hasBody = method !== 'GET' && method !== 'HEAD' && request.body !== null;
  return {
    gateRequest: { method, url, headers, ...(hasBody && { readBody }) },
    bytes: () => bytes,
  };
}

function isWebRequest(request: Request | GateRequest): request is Request {
  return 'bodyUsed' in request;
}

/** All bytes of a stream, or `undefined` past the limit. Stops when the signal aborts. */
async function readStream(
  stream: ReadableStream<Uint8Array>,
  { maxBytes, signal }: BodyLimits,
): Promise<Uint8Array | undefined> {
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
