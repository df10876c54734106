/**
 * Makes requests whose body can be read again after the gate read it.
 *
 * @module
 */
import { isLight, lightKindOver } from './light-server.js';
import { SOURCE } from './web-request.js';
import type { Replayed, WebRequestView } from './web-request.js';

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
  const Light = lightKindOver(request);
  const copy = (): Request => copyOf(request, bytes);
  const replayed: Request & Replayed = Light
    ? new Light(request, bytes, copy)
    : keepKind(copy(), request);
  replayed[SOURCE] = view.gateRequest.source;
  return replayed;
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
 * Makes a copy an instance of the class of its request. Members that the class or the platform added
 * (`nextUrl`, `params`) are read from the request; the members that read the body are those of the copy. The
 * constructor of the class is not called, because it may take other arguments.
 */
function keepKind(copy: Request, request: Request): Request {
  const kind = parentOf(request);
  if (kind === Request.prototype || !(request instanceof Request)) return copy;
  // The light requests of servers on Node have nothing that a copy lacks.
  if (isLight(request)) return copy;
  for (let from: object = request; from !== Request.prototype; from = parentOf(from)) {
    for (const name of Reflect.ownKeys(from)) {
      if (name in copy) continue;
      const get = (): unknown => {
        const value: unknown = Reflect.get(request, name);
        return typeof value === 'function' ? (value.bind(request) as unknown) : value;
      };
      Object.defineProperty(copy, name, { configurable: true, get });
    }
  }
  return Object.setPrototypeOf(copy, kind) as Request;
}

function parentOf(object: object): object {
  return Object.getPrototypeOf(object) as object;
}

/**
 * Replaces the request that a framework keeps in `raw` with one whose body can be read again. Unless the
 * server has light requests, the new one is made when `raw` is first read: making it costs more than the whole
 * decision.
 *
 * @example
 * ```ts
 * attachBody(context.req, view);
 * ```
 */
export function attachBody(place: { raw: Request }, view: WebRequestView): void {
  const { raw } = place;
  if (lightKindOver(raw) !== undefined) {
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
