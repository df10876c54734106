/**
 * The values that a framework's adapter and core exchange. None of them is a Web object such as `Request`.
 *
 * @module
 */

/** Header lines to write, in their order, each as name and value. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** Limits of size and time for reading a body; core passes them to {@link GateRequest.readBody}. */
export interface BodyLimits {
  /** Maximum size of the body in bytes, after the transfer coding is decoded and before a content coding is. */
  readonly maxBytes: number;
  /**
   * A signal that is aborted when the time is over or the reading is done. Stop reading then; a later result
   * is ignored.
   */
  readonly signal: AbortSignal;
  /**
   * Calls `listener` when the time is over or the reading is done; only the last listener counts. It
   * costs much less than `signal`, which is created when it is first read.
   */
  onEnd(listener: () => void): void;
}

/** A body that the framework parsed already, or the bytes of a body. */
export type ReceivedBody =
  | { readonly parsed: unknown }
  | {
      readonly bytes: Uint8Array | string;
      readonly contentType: string | null;
      readonly contentEncoding: string | null;
    }
  /** The body is larger than {@link BodyLimits.maxBytes}, so it was not read to its end. */
  | { readonly tooLarge: true };

/** A request in the form that core reads, the same for every framework. */
export interface GateRequest {
  readonly method: string;
  /**
   * The request target, in origin-form (`/mcp?x=1`) or absolute; `*` if it is not known which target the
   * handler gets. Core never uses its scheme and host.
   */
  readonly url: string;
  /**
   * The headers. `get` finds a name in any case of its letters, and joins repeated field lines with `, `, so that
   * core can see them.
   */
  readonly headers: { get(name: string): string | null };
  /**
   * Reads the whole body; absent if the request has none. A check calls it at most once, and only if the policy
   * reads bodies. A body that is already there may be returned without a promise. If the function throws or
   * rejects, the answer is a 400; if it takes too long, a 408.
   */
  readonly readBody?: ((limits: BodyLimits) => ReceivedBody | Promise<ReceivedBody>) | undefined;
  /** The client's TLS certificate as DER, where the connection has one. */
  readonly clientCertificate?: () => Uint8Array | undefined;
  /**
   * The server's object for the request, the same for all views of one request: by it, a second gate or guard
   * with the same replay store recognizes a request whose DPoP proof was accepted. Without `source`, the second
   * one refuses the proof.
   */
  readonly source?: object | undefined;
  /** The address at the other end of the connection, where it is known: that of the last proxy, if there is one. */
  readonly remoteAddress?: () => string | undefined;
}

/** An answer that an adapter writes unchanged. */
export interface Reply {
  readonly status: number;
  readonly headers: HeaderList;
  /** The body; `null` if there is none, as for HEAD, 204 and 304. */
  readonly body: string | null;
}
