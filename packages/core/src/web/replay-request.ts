/**
 * Makes requests whose body can be read again after the gate read it.
 *
 * @module
 */
import type { WebRequestView } from './web-request.js';

/**
 * Returns a request with the bytes that the gate read, if it read the body; otherwise the request itself.
 *
 * @example
 * ```ts
 * const view = fromWebRequest(request);
 * const decision = await gate.check(view.gateRequest);
 * if (decision.allowed) return handler(replayRequest(request, view));
 * ```
 */
export function replayRequest(request: Request, view: WebRequestView): Request {
  const bytes = view.bytes();
  if (bytes === undefined) return request;
  const Kind = kindOver(request);
  return Kind ? new Kind(request, bytes) : copyOf(request, bytes);
}

function copyOf(request: Request, bytes: Uint8Array | string): Request {
  const body = bytes as BodyInit;
  try {
    // A copy of the request keeps what a platform added to it.
    return new Request(request, { body });
  } catch {
    // Some servers pass objects that only look like a `Request`.
    const { url, method, headers, signal } = request;
    return new Request(url, { method, headers: [...headers], signal, body });
  }
}

/**
 * Replaces the request that a framework keeps in `raw` with one whose body can be read again. The new
 * request is made when `raw` is first read, because making it costs more than the whole decision.
 *
 * @example
 * ```ts
 * attachBody(context.req, view);
 * ```
 */
export function attachBody(place: { raw: Request }, view: WebRequestView): void {
  const { raw } = place;
  if (kindOver(raw) !== undefined) {
    place.raw = replayRequest(raw, view);
    return;
  }
  // The request that an outer gate attached here is replaced: its body has been read now.
  Object.assign(place, { [MAKE]: () => replayRequest(raw, view), [MADE]: undefined });
  Object.defineProperty(place, 'raw', RAW);
}

const MAKE = Symbol('scopegate.make');
const MADE = Symbol('scopegate.made');

interface Place {
  readonly [MAKE]: () => Request;
  [MADE]: Request | undefined;
}

/** Shared by all places: a getter per place would give each one its own hidden class, which is slow. */
const RAW: PropertyDescriptor & ThisType<Place> = {
  configurable: true,
  enumerable: true,
  get() {
    return (this[MADE] ??= this[MAKE]());
  },
  set(request: Request) {
    this[MADE] = request;
  },
};

type Kind = new (request: Request, bytes: Uint8Array | string) => Request;

/** The server's kind of request that was seen last, and the replayed one over it. */
let server: object | undefined;
let Replay: Kind | undefined;

/**
 * The kind of replayed request over a server's own kind, if a `Request` can be constructed from that
 * (`@hono/node-server`): then from the replayed one too.
 */
function kindOver(request: Request): Kind | undefined {
  const kind = Object.getPrototypeOf(request) as object;
  if (Object.getPrototypeOf(kind) !== Request.prototype) return undefined;
  if (kind !== server) {
    const make = Object.getOwnPropertySymbols(kind).find(
      ({ description }) => description === 'getRequestCache',
    );
    server = kind;
    Replay = make && createKind(kind, make);
  }
  return Replay;
}

/** @param make - the name of the method by which the server's kind makes the platform's request */
function createKind(kind: object, make: symbol): Kind {
  const Server = function () {} as unknown as new () => Request;
  Server.prototype = kind as Request;
  class Replayed extends Server {
    readonly #request: Request;
    readonly #bytes: Uint8Array | string;
    /** What answers from the first reading on. */
    #whole: Request | undefined;

    constructor(request: Request, bytes: Uint8Array | string) {
      super();
      this.#request = request;
      this.#bytes = bytes;
    }

    override get method(): string {
      return this.#request.method;
    }

    override get url(): string {
      return this.#request.url;
    }

    override get headers(): Headers {
      return this.#request.headers;
    }

    override get signal(): AbortSignal {
      return this.#request.signal;
    }

    override get bodyUsed(): boolean {
      return this.#whole?.bodyUsed === true;
    }

    /** By it the server's kind answers whatever is not answered here. */
    [make](): Request {
      return (this.#whole ??= copyOf(this.#request, this.#bytes));
    }

    override async arrayBuffer(): Promise<ArrayBuffer> {
      if (this.#whole !== undefined) return this.#whole.arrayBuffer();
      // Its body was read, by the gate: it refuses to be read again.
      this.#whole = this.#request;
      const bytes = this.#bytes;
      return new Uint8Array(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes)
        .buffer;
    }

    override async bytes(): Promise<Uint8Array<ArrayBuffer>> {
      return new Uint8Array(await this.arrayBuffer());
    }

    override async text(): Promise<string> {
      return new TextDecoder().decode(await this.arrayBuffer());
    }

    override async json(): Promise<unknown> {
      return JSON.parse(await this.text()) as unknown;
    }

    override blob(): Promise<Blob> {
      return (this.#whole ??= copyOf(this.#request, this.#bytes)).blob();
    }
  }
  // It is no class of its own to whoever asks.
  delete (Replayed.prototype as { constructor?: unknown }).constructor;
  return Replayed;
}
