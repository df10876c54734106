/**
 * Works with the light requests and responses of `@hono/node-server`, which create the platform's `Request` or
 * `Response` only on demand: creating one costs more than a whole decision. Their private members are found
 * by the descriptions of their symbols; if they are not found, the platform's objects are used.
 *
 * @module
 */

/**
 * Returns the body with which a light response was made; `undefined` for every other response. Reading the
 * member `body` would turn it into a stream, and the server would then send the answer in pieces.
 */
export function lightBodyOf(response: Response): { readonly body: BodyInit | null } | undefined {
  keptAt ??= symbolOf(response, 'cache');
  const kept: unknown = keptAt && (response as unknown as Record<symbol, unknown>)[keptAt];
  // The member is a list of status, body and headers, until the response is read.
  return Array.isArray(kept) && kept[0] === response.status
    ? { body: kept[1] as BodyInit | null }
    : undefined;
}

/** The symbol of the member with status, body and headers; set when a light response is seen. */
let keptAt: symbol | undefined;

/**
 * A request with the bytes that a gate read. `text`, `json`, `arrayBuffer` and `bytes` return these bytes;
 * method, URL, headers and signal are those of the original request. Everything else comes from a copy of
 * it, which is made when it is needed.
 */
type LightKind = new (request: Request, bytes: Uint8Array | string, copy: () => Request) => Request;

/** The prototype of light requests that was seen last, and the class of replayed requests made for it. */
let server: object | undefined;
let Replay: LightKind | undefined;

/**
 * Returns the class of replayed requests for the server's light requests; `undefined` for other requests. It
 * inherits from the prototype of the light requests, so the server accepts its instances as its own.
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

/** Whether the request is a light one, or a replayed one that a gate made from it. */
export function isLight(request: Request): boolean {
  for (let kind: unknown = request; kind !== null; kind = Object.getPrototypeOf(kind)) {
    if (symbolOf(kind as object, MAKE) !== undefined) return true;
  }
  return false;
}

/** The description of the symbol whose method makes the platform's request of a light one. */
const MAKE = 'getRequestCache';

function symbolOf(object: object, name: string): symbol | undefined {
  return Object.getOwnPropertySymbols(object).find(({ description }) => description === name);
}

/** @param make - the symbol of the method with which `kind`, the prototype, makes the platform's request */
function createKind(kind: object, make: symbol): LightKind {
  const Server = function () {} as unknown as new () => Request;
  Server.prototype = kind as Request;
  class Replayed extends Server {
    readonly #request: Request;
    readonly #bytes: Uint8Array | string;
    readonly #copy: () => Request;
    /** The request that answers once the bytes were read or the copy was made. */
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

    /** The server's prototype calls this for every member that is not defined here. */
    [make](): Request {
      return (this.#whole ??= this.#copy());
    }

    override async arrayBuffer(): Promise<ArrayBuffer> {
      if (this.#whole !== undefined) return this.#whole.arrayBuffer();
      // The gate has read the body of the original request, so a second reading of it fails.
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
