/**
 * The values that a framework's adapter and core exchange; none of them is a Web object.
 *
 * @module
 */

/** Header lines to write, in order, as name and value. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** Limits of size and time for reading a body; core passes them to {@link GateRequest.readBody}. */
export interface BodyLimits {
  /** Maximum size of the body in bytes, with the transfer coding decoded and any content coding not. */
  readonly maxBytes: number;
  /** Aborted when the time is over. Stop reading then; the result of the promise is ignored. */
  readonly signal: AbortSignal;
  /**
   * Calls `listener` when the time is over or the reading is done; only the last listener counts. It
   * costs much less than `signal`, which is created when it is first read.
   */
  onEnd(listener: () => void): void;
}

/** A body: already parsed by the framework, or raw. */
export type ReceivedBody =
  | { readonly parsed: unknown }
  | {
      readonly bytes: Uint8Array | string;
      readonly contentType: string | null;
      readonly contentEncoding: string | null;
    }
  /** Reading stopped at {@link BodyLimits.maxBytes}. */
  | { readonly tooLarge: true };

/** A request in the form that core reads, the same for every framework. */
export interface GateRequest {
  readonly method: string;
  /** The request target, origin-form (`/mcp?x=1`) or absolute. Core never builds a URL of it. */
  readonly url: string;
  /** `get` joins repeated field lines with `, `, so that duplicates are visible. */
  readonly headers: { get(name: string): string | null };
  /**
   * Reads the whole body; absent if the request has none. It is called at most once, and only if a rule
   * needs the body; a body that is already there needs no promise. It may throw or reject: core turns
   * every error into 400, 408, 413 or 415.
   */
  readonly readBody?: ((limits: BodyLimits) => ReceivedBody | Promise<ReceivedBody>) | undefined;
  /** The client's TLS certificate as DER, where the connection has one. */
  readonly clientCertificate?: () => Uint8Array | undefined;
}

/** An answer that an adapter writes unchanged. */
export interface Reply {
  readonly status: number;
  readonly headers: HeaderList;
  /** The body; `null` for HEAD, 204 and 304. */
  readonly body: string | null;
}
