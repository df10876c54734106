/**
 * The body of an upstream's response: its beginning can be read first, and all of it is passed on as it
 * arrives.
 *
 * @module
 */
import { within } from '@scopegate/core/engine';
import { UpstreamError } from './faults.js';
import { isTimeout } from './timeout.js';

export interface UpstreamBodyOptions {
  readonly idleTimeout: number;
  /** Called once nothing more will come. */
  readonly onEnd: () => void;
  /** Ends the exchange with the upstream. */
  readonly stop: () => void;
  /** Called when the body breaks off after the answer has begun. */
  readonly onFault: (error: UpstreamError) => void;
}

/** How much of the body to read, and for how long. */
export interface PeekOptions {
  readonly maxBytes: number;
  /** Milliseconds. */
  readonly timeout: number;
  /** Reading stops at this pattern, which matches at most four characters. */
  readonly until?: RegExp;
}

type Chunk = ReadableStreamReadResult<Uint8Array>;

export class UpstreamBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #options: UpstreamBodyOptions;
  /** Chunks that `peek` read. */
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
   * Returns the beginning as text, or `undefined` if it did not come in time or is longer than the limit.
   * {@link UpstreamBody.stream} returns it again.
   *
   * @throws {@link UpstreamError} if the body breaks off
   */
  async peek({ maxBytes, timeout, until }: PeekOptions): Promise<string | undefined> {
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
        // The time is over: the chunk stays pending, and `stream` reads it.
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

  /** The whole body, read on demand. */
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

  /** Ends the exchange: no more of the body is needed. */
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
