/**
 * Reads the body of an upstream's response. The proxy can read its beginning first, and then forwards all of
 * it as it arrives.
 *
 * @module
 */
import { within } from '@scopegate/core/engine';
import { UpstreamError } from './faults.js';
import { isTimeout } from './timeout.js';

export interface UpstreamBodyOptions {
  readonly idleTimeout: number;
  /** Called when nothing more of the body will come. It may be called more than once. */
  readonly onEnd: () => void;
  /** Ends the exchange with the upstream. */
  readonly stop: () => void;
  /** Called when the body breaks off after the answer has begun. */
  readonly onFault: (error: UpstreamError) => void;
}

/** The limits for reading the beginning of a body. */
export interface ReadAheadOptions {
  readonly maxBytes: number;
  /** Maximum time in milliseconds. */
  readonly timeout: number;
  /** A pattern at which reading stops. It must match at most four characters. */
  readonly until?: RegExp;
}

type Chunk = ReadableStreamReadResult<Uint8Array>;

export class UpstreamBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #options: UpstreamBodyOptions;
  /** Chunks that `readAhead` read and `stream` has not yet returned. */
  readonly #kept: Uint8Array[] = [];
  #pending: Promise<Chunk> | undefined;
  #ended: boolean;

  constructor(body: ReadableStream<Uint8Array> | null, options: UpstreamBodyOptions) {
    this.#options = options;
    this.#reader = body?.getReader();
    this.#ended = body === null;
    if (this.#ended) options.onEnd();
  }

  /**
   * Returns the body up to the chunk with `until`, or all of it, as text; `undefined` if it did not come in
   * time or is longer than the limit. {@link UpstreamBody.stream} also returns what was read here.
   *
   * @throws {@link UpstreamError} if the body breaks off
   */
  async readAhead({ maxBytes, timeout, until }: ReadAheadOptions): Promise<string | undefined> {
    const decoder = new TextDecoder();
    let text = '';
    let size = 0;
    let late = false;
    let found = false;
    let tail = '';
    const look = async (): Promise<string | undefined> => {
      while (!this.#ended && !found) {
        if (size > maxBytes) return undefined;
        const { done, value } = await this.#read();
        // If the time is over, do not take the chunk, so that `stream` returns it.
        if (late) return undefined;
        this.#take(done);
        if (done) break;
        this.#kept.push(value);
        size += value.byteLength;
        const part = decoder.decode(value, { stream: true });
        text += part;
        // Only the new part is searched, because the body may arrive byte by byte.
        tail = tail.slice(-3) + part;
        found = until?.test(tail) === true;
      }
      return size > maxBytes ? undefined : text;
    };
    try {
      return await within(timeout, 'the beginning of the answer', look);
    } catch (error) {
      if (!isTimeout(error)) throw this.#fault(error);
      late = true;
      return undefined;
    }
  }

  /** Returns the whole body as a stream, which is read on demand. */
  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const kept = this.#kept.shift();
          if (kept !== undefined) return controller.enqueue(kept);
          try {
            const { idleTimeout } = this.#options;
            const { done, value } = this.#ended
              ? { done: true as const, value: undefined }
              : await within(idleTimeout, 'the next part of the answer', () => this.#read());
            this.#take(done);
            if (done) controller.close();
            else controller.enqueue(value);
          } catch (error) {
            const fault = this.#fault(error);
            this.#options.onFault(fault);
            this.#options.stop();
            controller.error(fault);
          }
        },
        cancel: () => this.discard(),
      },
      { highWaterMark: 0 },
    );
  }

  /** Ends the exchange with the upstream, because no more of the body is needed. */
  discard(): void {
    this.#ended = true;
    this.#kept.length = 0;
    this.#options.onEnd();
    this.#options.stop();
  }

  #read(): Promise<Chunk> {
    this.#pending ??= (this.#reader as ReadableStreamDefaultReader<Uint8Array>).read();
    return this.#pending;
  }

  /** Records that the pending chunk was taken. */
  #take(done: boolean): void {
    this.#pending = undefined;
    if (!done || this.#ended) return;
    this.#ended = true;
    this.#options.onEnd();
  }

  #fault(error: unknown): UpstreamError {
    this.#ended = true;
    this.#options.onEnd();
    return isTimeout(error)
      ? new UpstreamError('upstream_timeout', error.message)
      : new UpstreamError('upstream_broken', 'the answer broke off', { cause: error });
  }
}
