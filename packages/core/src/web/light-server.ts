/**
 * Requests and responses of `@hono/node-server`. They keep what they were made of, and become objects of
 * the platform only when somebody asks for more, which costs more than a whole decision. Its members are
 * found by their shape; where they are not found, everything works on objects of the platform.
 *
 * @module
 */

/**
 * Returns the body of a light response as it was given; `undefined` for every other response. Reading
 * `body` would make a stream of it, and the server would then send the answer in pieces.
 */
export function lightBodyOf(response: Response): { readonly body: BodyInit | null } | undefined {
  keptAt ??= symbolOf(response, 'cache');
  const kept: unknown = keptAt && (response as unknown as Record<symbol, unknown>)[keptAt];
  // The status, the body and the headers, until the response is read.
  return Array.isArray(kept) && kept[0] === response.status
    ? { body: kept[1] as BodyInit | null }
    : undefined;
}

/** The member that keeps them; it is known once a light response was seen. */
let keptAt: symbol | undefined;

/**
 * A request with the bytes that a gate read. It answers `text`, `json`, `arrayBuffer` and `bytes` from
 * them, and everything else from the copy, which is made when it is needed.
 */
type LightKind = new (request: Request, bytes: Uint8Array | string, copy: () => Request) => Request;

/** The server's kind of request that was seen last, and the replayed one over it. */
let server: object | undefined;
let Replay: LightKind | undefined;

/**
 * Returns the kind of replayed request over a server's own light kind; `undefined` for requests of the
 * platform. The server can make a `Request` of its own kind, and so of the replayed one.
 */
export function lightKindOver(request: Request): LightKind | undefined {
  const kind = Object.getPrototypeOf(request) as object;
  if (Object.getPrototypeOf(kind) !== Request.prototype) return undefined;
  if (kind !== server) {
    const make = symbolOf(kind, MAKE);
    server = kind;
    Replay = make && createKind(kind, make);
  }
  return Replay;
}

/** Whether the request is a light one, also one that a gate made over it. */
export function isLight(request: Request): boolean {
  for (let kind: unknown = request; kind !== null; kind = Object.getPrototypeOf(kind)) {
    if (symbolOf(kind as object, MAKE) !== undefined) return true;
  }
  return false;
}

/** The description of the symbol under which the server's kind has the method that makes the platform's request. */
const MAKE = 'getRequestCache';

function symbolOf(object: object, name: string): symbol | undefined {
  return Object.getOwnPropertySymbols(object).find(({ description }) => description === name);
}

/** @param make - the name of the method by which the server's kind makes the platform's request */
function createKind(kind: object, make: symbol): LightKind {
  const Server = function () {} as unknown as new () => Request;
  Server.prototype = kind as Request;
  class Replayed extends Server {
    readonly #request: Request;
    readonly #bytes: Uint8Array | string;
    readonly #copy: () => Request;
    /** What answers from the first reading on. */
    #whole: Request | undefined;

    constructor(request: Request, bytes: Uint8Array | string, copy: () => Request) {
      super();
      this.#request = request;
      this.#bytes = bytes;
      this.#copy = copy;
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
      return (this.#whole ??= this.#copy());
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
      return (this.#whole ??= this.#copy()).blob();
    }
  }
  // Code that looks at `constructor` finds the class of the server, not this one.
  delete (Replayed.prototype as { constructor?: unknown }).constructor;
  return Replayed;
}
