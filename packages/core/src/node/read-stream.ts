/**
 * Reads the body of a Node request, and puts it back for code that reads the stream behind the gate.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import type { BodyLimits } from '../types.js';

/**
 * Reads all bytes, or returns `undefined` for a body over the limit; the connection stays usable either way.
 * The result is no promise if the whole body has arrived. A promise rejects if the client leaves.
 *
 * The bytes are put back before the stream emits `end`, so that every reader behind the gate gets them
 * once more: `pipe`, `data` events, iteration, the parser of another framework. If other code already listens
 * to the stream, it gets the data while the gate reads, and nothing is put back.
 */
export function readStream(
  req: IncomingMessage,
  limits: BodyLimits,
  announced: number,
): Buffer | undefined | Promise<Buffer | undefined> {
  if (announced > limits.maxBytes) return undefined;
  // The client may have left while the token was verified: no event would follow then. Over HTTP/2 a body
  // that it cut off then ends as a whole one does.
  if (req.destroyed || req.aborted) return Promise.reject(clientLeft());
  const reader = new BodyReader(req, limits.maxBytes);
  return reader.drain() ? reader.finish() : reader.wait(limits);
}

const clientLeft = (): Error => new Error('the client went away');

/** The members of Node's streams that no method shows. */
type StreamState = IncomingMessage & { readonly _readableState: { readonly ended: boolean } };

class BodyReader {
  readonly #req: IncomingMessage;
  readonly #maxBytes: number;
  /** Whether other code reads the stream, too. It must not get the body twice. */
  readonly #isShared: boolean;
  readonly #chunks: Buffer[] = [];
  #size = 0;

  constructor(req: IncomingMessage, maxBytes: number) {
    this.#req = req;
    this.#maxBytes = maxBytes;
    this.#isShared = req.listenerCount('data') > 0 || req.listenerCount('readable') > 0;
  }

  /** Takes the bytes that have arrived. Returns whether the body is complete, or too large. */
  drain(): boolean {
    if (this.#isShared) return false;
    const req = this.#req;
    for (let chunk: unknown; (chunk = req.read() as unknown) !== null;) {
      if (!this.#add(chunk as Buffer | string)) return true;
    }
    return (req as StreamState)._readableState.ended && !req.readableEnded;
  }

  /**
   * Returns the complete body, and puts it back. It must be called in the same tick as {@link drain}: in
   * the next one the stream emits `end` unless it holds data again.
   */
  finish(): Buffer | undefined {
    const bytes = this.#bytes();
    if (bytes === undefined) this.#req.resume();
    else putBack(this.#req, bytes);
    return bytes;
  }

  /** Waits for the rest of the body. */
  wait(limits: BodyLimits): Promise<Buffer | undefined> {
    const req = this.#req;
    return new Promise((resolve, reject) => {
      let isReading = true;
      const stop = (): void => {
        isReading = false;
        req.off('readable', onReadable).off('data', onData);
        req.off('end', onEnd).off('error', onError).off('close', onClose).off('aborted', onClose);
      };
      const onReadable = (): void => {
        if (!this.drain()) return;
        stop();
        resolve(this.finish());
      };
      // The rest of the body must be read, or the connection is reset before the answer arrives.
      const giveUp = (): void => {
        if (!isReading) return;
        stop();
        req.resume();
        resolve(undefined);
      };
      const onData = (chunk: Buffer | string): void => void (this.#add(chunk) || giveUp());
      const onEnd = (): void => {
        stop();
        resolve(this.#bytes());
      };
      const onError = (error: Error): void => {
        stop();
        reject(error);
      };
      const onClose = (): void => onError(clientLeft());
      if (this.#isShared) req.on('data', onData);
      else req.on('readable', onReadable);
      req.on('end', onEnd).on('error', onError).on('close', onClose).on('aborted', onClose);
      limits.onEnd(giveUp);
    });
  }

  /** Adds bytes, and returns whether the body is still within its limit. */
  #add(chunk: Buffer | string): boolean {
    // Earlier middleware may have called `setEncoding`, and only then are there texts.
    const encoding = this.#req.readableEncoding as BufferEncoding;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
    this.#size += bytes.length;
    this.#chunks.push(bytes);
    return this.#size <= this.#maxBytes;
  }

  #bytes(): Buffer | undefined {
    if (this.#size > this.#maxBytes) return undefined;
    const chunks = this.#chunks;
    return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, this.#size);
  }
}

/** The property that holds the bytes of a body until code behind the gate begins to read them. */
const UNREAD = Symbol('scopegate.unread');

interface ReadRequest extends IncomingMessage {
  [UNREAD]?: Buffer | undefined;
  /** Whether Node leaves the rest of the body to the application after the answer is sent. */
  _consuming?: boolean;
}

function putBack(req: ReadRequest, bytes: Buffer): void {
  req[UNREAD] = bytes;
  // A stream without bytes has ended for every reader.
  if (bytes.length === 0) return;
  const { readableEncoding: encoding } = req;
  if (encoding === null) req.unshift(bytes);
  else req.unshift(bytes.toString(encoding), encoding);
  // Other code may have replaced the method.
  if (req.read === readOf(req)) req.read = beginReading;
  // When the answer is out, Node then discards what nobody has read, as it does with every other body.
  req._consuming = false;
}

/** The `read` of a request whose body was put back. All ways to read a stream begin with it. */
function beginReading(this: ReadRequest, size?: number): unknown {
  this[UNREAD] = undefined;
  this._consuming = true;
  this.read = readOf(this);
  return this.read(size);
}

type Read = (this: IncomingMessage, size?: number) => unknown;

/** The method of the stream itself. */
function readOf(req: IncomingMessage): Read {
  return (Object.getPrototypeOf(req) as { readonly read: Read }).read;
}

/** Returns the bytes that were put back; `undefined` if there are none, or if other code reads them already. */
export function unreadBytesOf(req: IncomingMessage): Buffer | undefined {
  return (req as ReadRequest)[UNREAD];
}

/** Replaces the bytes that were put back. A body that was empty has ended, and stays empty. */
export function replaceUnreadBytes(req: IncomingMessage, bytes: Buffer): void {
  if (req.readableEnded) return;
  while (req.read() !== null);
  putBack(req, bytes);
}
