/**
 * The seam between a framework's binding and core: plain values, no Web objects.
 *
 * @module
 */

/** Header lines to write, in order, as name and value. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** How much of a body may be read, and for how long. Core passes it to {@link GateRequest.readBody}. */
export interface BodyLimits {
  /** Largest body, in bytes after the transfer coding and before any content coding. */
  readonly maxBytes: number;
  /** Aborted when the time for the body is over: stop reading then, and settle with anything. */
  readonly signal: AbortSignal;
  /**
   * Calls `listener`, the last one given, when that happens or the reading is done. A signal is dear
   * on Node: it is made only where somebody looks at it.
   */
  onEnd(listener: () => void): void;
}

/** A body as the binding found it: already parsed by the framework, or raw. */
export type ReceivedBody =
  | { readonly parsed: unknown }
  | {
      readonly bytes: Uint8Array | string;
      readonly contentType: string | null;
      readonly contentEncoding: string | null;
    }
  /** Reading stopped at {@link BodyLimits.maxBytes}. */
  | { readonly tooLarge: true };

/** What a binding hands to core: the native request, seen as values. */
export interface GateRequest {
  readonly method: string;
  /** The target: origin-form (`/mcp?x=1`) or absolute, as it is served. Never used to build a URL. */
  readonly url: string;
  /** `get` joins repeated field lines with `, `, so that duplicates are visible. */
  readonly headers: { get(name: string): string | null };
  /**
   * Reads the whole body. Left out when the message has none. Called at most once, only when a
   * rule needs the body. May reject: core turns every fault into 400, 408, 413 or 415.
   */
  readonly readBody?: ((limits: BodyLimits) => Promise<ReceivedBody>) | undefined;
  /** The client's TLS certificate as DER, where the connection has one. */
  readonly clientCertificate?: () => Uint8Array | undefined;
}

/** An answer that a binding writes as it is. */
export interface Reply {
  readonly status: number;
  readonly headers: HeaderList;
  /** `null` for HEAD, 204 and 304. */
  readonly body: string | null;
}
