/**
 * Ends answers that still stream when the token of their caller expires or is revoked.
 *
 * @module
 */
import type { Auth } from '../../policy/index.js';
import { mayBeRevoked, readClock, revocationTestOf } from '../index.js';
import type {
  Claims,
  Clock,
  OutgoingAnswer,
  OwnershipAuths,
  RevocableToken,
  Revocations,
  StreamEnds,
  Verifier,
} from '../index.js';

export interface OpenStreamsSettings {
  readonly clock: Clock;
  /** The revocations of the gate. */
  readonly revocations: Revocations | undefined;
  /** The verifier of the gate. Its own `revoke` ends streams, too, also through `byTokenForm` and providers. */
  readonly verifier: Verifier;
  readonly auths: OwnershipAuths;
}

interface OpenStream {
  readonly auth: Auth;
  /** Whether the verifier of the token has revoked it; `undefined` if the verifier does not say. */
  readonly isRefused: ((claims: Claims) => boolean) | undefined;
  /** Milliseconds since the epoch, with the clock tolerance; infinite for a token without an expiry. */
  readonly expiresAt: number;
  readonly end: () => boolean;
  isRevoked: boolean;
}

/** A token without facts, to ask whether the list of revocations can answer at all. */
const NO_TOKEN: RevocableToken = Object.freeze({
  ...{ issuer: undefined, subject: undefined, clientId: '', bindingKey: undefined },
  claims: Object.freeze({}),
});

/** Milliseconds between two checks of the open streams. One timer serves all streams of a gate. */
const INTERVAL_MS = 250;

export class OpenStreams implements StreamEnds {
  readonly #settings: OpenStreamsSettings;
  readonly #open = new Set<OpenStream>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(settings: OpenStreamsSettings) {
    this.#settings = settings;
    settings.revocations?.onRevoked(() => {
      for (const stream of this.#open) stream.isRevoked ||= this.#isRevoked(stream.auth);
      this.#endAll();
    });
  }

  watch(auth: Auth, end: () => boolean): () => void {
    const { clockTolerance = 0 } = this.#settings.auths.authRecordOf(auth) ?? {};
    const { expiresAt = Infinity } = auth;
    // The token may have been revoked between its check and the beginning of the answer.
    const isRevoked = this.#isRevoked(auth);
    const isRefused = revocationTestOf(this.#settings.verifier, auth.token);
    const endsAt = (expiresAt + clockTolerance) * 1000;
    const stream: OpenStream = { auth, isRefused, expiresAt: endsAt, end, isRevoked };
    this.#open.add(stream);
    this.#timer ??= startTimer(() => this.#endAll());
    return () => this.#forget(stream);
  }

  watchOutgoing(auth: Auth, outgoing: OutgoingAnswer): void {
    // If the client has left, `close` was emitted already and `stop` would never be called.
    if (outgoing.destroyed) return;
    let mayDestroy = false;
    const stop = this.watch(auth, () => {
      if (!outgoing.headersSent || outgoing.writableEnded) return outgoing.writableEnded;
      // A body that the framework writes has one interval to end by itself.
      if (mayDestroy) outgoing.destroy();
      else mayDestroy = true;
      return outgoing.writableEnded;
    });
    outgoing.once('close', stop);
  }

  limit(auth: Auth, response: Response): Response {
    const { body, status, headers } = response;
    // A body with `Content-Length` counts as complete, and a 101 has none. A locked body cannot be ended here.
    const isWhole = body === null || status === 101 || headers.has('content-length');
    if (isWhole || body.locked) return response;
    const isEventStream = headers.get('content-type')?.startsWith('text/event-stream') === true;
    return new Response(this.#limited(auth, body, isEventStream), response);
  }

  #limited(
    auth: Auth,
    body: ReadableStream<Uint8Array>,
    isEventStream: boolean,
  ): ReadableStream<Uint8Array> {
    const reader = body.getReader();
    let stop: (() => void) | undefined;
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          stop = this.watch(auth, () => {
            // An event stream may end anywhere. Another answer must not look complete.
            if (isEventStream) controller.close();
            else controller.error(new Error('the access of the caller has ended'));
            reader.cancel().catch(() => undefined);
            return true;
          });
        },
        pull: async (controller) => {
          try {
            const { done, value } = await reader.read();
            if (!done) return controller.enqueue(value);
            stop?.();
            controller.close();
          } catch (error) {
            stop?.();
            controller.error(error);
          }
        },
        cancel: (reason) => {
          stop?.();
          return reader.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
  }

  #endAll(): void {
    const now = this.#now();
    // While the list of revocations cannot answer, the gate refuses every request, too.
    const isUnknown = this.#isListSilent();
    for (const stream of this.#open) {
      stream.isRevoked ||= isUnknown || stream.isRefused?.(stream.auth.claims) === true;
      if ((stream.isRevoked || now >= stream.expiresAt) && hasEnded(stream)) this.#forget(stream);
    }
  }

  #forget(stream: OpenStream): void {
    this.#open.delete(stream);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Also `true` if the list cannot answer. The client then sends a new request, and the gate decides on it. */
  #isRevoked(auth: Auth): boolean {
    return mayBeRevoked(auth, this.#settings.revocations);
  }

  /** Whether the list of revocations cannot answer now. */
  #isListSilent(): boolean {
    const { revocations } = this.#settings;
    if (revocations === undefined) return false;
    try {
      const answer: unknown = revocations.isRevoked(NO_TOKEN);
      if (typeof answer === 'boolean') return false;
      // The rejection of a promise must not end the process.
      Promise.resolve(answer).catch(() => undefined);
      return true;
    } catch {
      return true;
    }
  }

  /** If the clock fails, every stream whose token has an expiry is ended. */
  #now(): number {
    try {
      return readClock(this.#settings.clock);
    } catch {
      return Number.MAX_VALUE;
    }
  }
}

function hasEnded({ end }: OpenStream): boolean {
  try {
    return end();
  } catch {
    // The stream has ended already.
    return true;
  }
}

/** Starts a timer that does not keep a process alive. */
function startTimer(work: () => void): ReturnType<typeof setInterval> {
  const timer = setInterval(work, INTERVAL_MS);
  (timer as { unref?: () => void }).unref?.();
  return timer;
}
