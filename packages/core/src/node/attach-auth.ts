/**
 * Attaches the evaluated `auth` and body where handlers look for them.
 *
 * @module
 */
import { isDeepStrictEqual } from 'node:util';
import type { Auth } from '../policy/index.js';
import type { NodeRequestView, ParsedRequest } from './gate-request.js';
import { readField, writeField } from './header-fields.js';
import { replaceUnreadBytes, unreadBytesOf } from './read-stream.js';

/**
 * A request with the members that a gate attaches. `rawBody` is `unknown`, because body parsers declare
 * it on every request in different types.
 */
export type GuardedRequest = ParsedRequest & { auth?: Auth; rawBody?: unknown };

/**
 * Puts `auth` on the request, where the MCP SDK's transports look. If the gate evaluated a body,
 * `req.body` is that object, and code that reads the stream gets the same body. Iteration (SDK v2) and
 * `rawBody` (SDK v1) work any number of times, also if a framework's parser has read the stream; `pipe`
 * and `data` events work once, if the gate has read the stream. The bytes that a parser kept in `rawBody`
 * before are replaced, since they may be another document. Parsers that look at `_body` skip the request.
 *
 * @param place - the objects in which a framework keeps `body` and `rawBody` for its handlers, if these
 * are not on the request
 */
export function attachAuth(
  req: GuardedRequest,
  view: NodeRequestView,
  evaluated: { readonly auth: Auth | undefined; readonly body?: unknown },
  place: { readonly body?: object | undefined; readonly rawBody?: object | undefined } = {},
): void {
  // `auth` is an own member even if it is `undefined`, so that a polluted prototype cannot supply one.
  defineOwn(req, 'auth', evaluated.auth);
  if (evaluated.body === undefined) return;
  const { body } = evaluated;
  defineOwn(req, 'body', body);
  defineOwn(req, '_body', true);
  const evaluation: Evaluation = { bytes: view.bytes() ?? reconcile(req, body), body };
  defineOwn(req, EVALUATED, evaluation);
  // Twice as fast as `defineProperties`.
  Object.defineProperty(req, 'rawBody', RAW_BODY);
  Object.defineProperty(req, Symbol.asyncIterator, ITERATOR);
  if (place.body !== undefined) defineOwn(place.body, 'body', body);
  keepText(place.rawBody, evaluation);
}

/** Updates the bytes of a body that was attached before, and was evaluated again since. */
export function refreshBytes(req: GuardedRequest, rawBody: object | undefined): void {
  const { [EVALUATED]: evaluation } = req as Partial<Reread>;
  if (evaluation === undefined) return;
  evaluation.bytes = reconcile(req, evaluation.body);
  keepText(rawBody, evaluation);
}

/** Replaces the text of a body that a framework keeps, if it keeps one. */
function keepText(place: object | undefined, evaluation: Evaluation): void {
  if (place !== undefined && 'rawBody' in place) {
    defineOwn(place, 'rawBody', bytesOf(evaluation).toString());
  }
}

/**
 * Returns the bytes of a body that an earlier gate read and put back, for a later gate that evaluated
 * `req.body`; `undefined` if there are no such bytes. If middleware changed `req.body`, the bytes in the stream
 * and their length are replaced by those of the changed body.
 */
function reconcile(req: GuardedRequest, body: unknown): Buffer | undefined {
  const unread = unreadBytesOf(req);
  if (unread === undefined || isDeepStrictEqual(parse(unread), body)) return unread;
  const bytes = toBytes(body);
  replaceUnreadBytes(req, bytes);
  if (readField(req, 'content-length') !== null) {
    writeField(req, 'content-length', String(bytes.length));
  }
  return bytes;
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

function toBytes(body: unknown): Buffer {
  return Buffer.from(JSON.stringify(body));
}

/** What code that reads the body again is given. */
interface Evaluation {
  bytes: Buffer | undefined;
  readonly body: unknown;
}

/** A request with the body that code behind the gate reads again. */
interface Reread {
  readonly [EVALUATED]: Evaluation;
}

const EVALUATED: unique symbol = Symbol('scopegate.evaluated');

/** Shared by all requests: a getter per request would give each one its own hidden class, which is slow. */
const RAW_BODY: PropertyDescriptor & ThisType<Reread> = {
  configurable: true,
  enumerable: false,
  get() {
    return bytesOf(this[EVALUATED]);
  },
};

const ITERATOR: PropertyDescriptor & ThisType<Reread> = {
  configurable: true,
  async *value(): AsyncGenerator<Buffer> {
    yield bytesOf(this[EVALUATED]);
  },
};

/** The bytes that the gate read, or those of what a framework's parser read. */
function bytesOf(evaluated: Evaluation): Buffer {
  return (evaluated.bytes ??= toBytes(evaluated.body));
}

/** Sets an own member, also where a prototype or an accessor has one of that name. */
export function defineOwn(object: object, key: PropertyKey, value: unknown): void {
  // If an earlier hook has set the same value, nothing is done: looking at descriptors is slow.
  if (Object.hasOwn(object, key) && (object as Record<PropertyKey, unknown>)[key] === value) return;
  const isFree =
    !(key in object) || Object.getOwnPropertyDescriptor(object, key)?.writable === true;
  // `defineProperty` is slow on requests, so it is used only if an assignment would not work.
  if (isFree) (object as Record<PropertyKey, unknown>)[key] = value;
  else {
    Object.defineProperty(object, key, {
      ...{ configurable: true, enumerable: true, writable: true },
      value,
    });
  }
}
