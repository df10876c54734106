/**
 * Replaces a Node response that contains only a refusal which an MCP handler raised.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';
import type { Allowed } from '../decision.js';
import { isGuardedCall } from '../gate/index.js';
import { pendingRefusalsOf } from '../web/index.js';
import type { PendingRefusal } from '../web/index.js';
import type { Auth } from '../policy/index.js';
import { writeReply } from './write-reply.js';

/**
 * Watches the answer to an allowed request up to its first byte. If the answer contains only a refusal
 * that a guarded handler raised (`guardTool`), the refusal is written instead; any other answer is sent
 * unchanged. Where handlers may raise refusals, the head of the answer to a call waits for the first
 * byte of its body; no byte of a body ever waits. Call it before the handler runs.
 */
export function replaceResponse(res: ServerResponse, gate: object, { auth }: Allowed): void {
  // A gate with guarded handlers is watched on every route: an HTTP route with a rule of its own may serve
  // tools, too.
  if (auth === undefined || !(isGuardedCall(gate, auth) || pendingRefusalsOf(gate))) return;
  // A framework with several hooks calls this more than once for a request.
  const watched = ((res as WatchedResponse)[WATCHED] ??= []);
  if (watched.includes(auth)) return;
  watched.push(auth);

  const pending = (): PendingRefusal | undefined => pendingRefusalsOf(gate)?.pendingFor(auth);
  let state: 'waiting' | 'open' | 'replaced' = 'waiting';
  let head: Head | undefined;

  /** Lets the response pass, and sends the status and headers that were held. */
  const open = (): void => {
    if (state !== 'waiting') return;
    state = 'open';
    head?.write();
  };
  /** Holds the status and headers if a refusal may still replace the response. */
  const hold = (status: unknown, write: () => unknown): boolean => {
    if (state !== 'waiting' || head !== undefined || status !== 200) return false;
    const { hasArrived = false, mayArrive = false } = pending() ?? {};
    if (!hasArrived && !mayArrive) return false;
    head = { status, write };
    // `headersSent` is true while the head is held, so that the application does not begin another
    // answer.
    const sent = Object.getPrototypeOf(res) as object;
    const get = (): unknown => state === 'waiting' || Reflect.get(sent, 'headersSent', res);
    Object.defineProperty(res, 'headersSent', { configurable: true, get });
    return true;
  };
  /**
   * Decides at the first byte of the body, or at its end, whether to send the refusal instead of the
   * response. The rest of a replaced response is dropped.
   */
  const decide = (chunk: unknown): void => {
    if (state !== 'waiting') return;
    const isContent = typeof chunk === 'string' || chunk instanceof Uint8Array;
    const isAnswer = isContent && (head?.status ?? res.statusCode) === 200;
    const reply = isAnswer ? pending()?.replyFor(chunk) : undefined;
    if (reply === undefined) return open();
    state = 'open';
    writeReply(res, reply);
    state = 'replaced';
  };

  Object.assign(res, {
    writeHead: intercept(res, 'writeHead', ([status], pass) => {
      if (state === 'replaced' || hold(status, pass)) return res;
      open();
      return pass();
    }),
    flushHeaders: intercept(res, 'flushHeaders', (_args, pass) => {
      // A held head is sent with the first byte anyway.
      const isHeld = state === 'waiting' && (head !== undefined || hold(res.statusCode, pass));
      return isHeld || state === 'replaced' ? undefined : pass();
    }),
    write: intercept(res, 'write', (args, pass) => {
      decide(args[0]);
      if (state !== 'replaced') return pass();
      callBack(args);
      return true;
    }),
    end: intercept(res, 'end', (args, pass) => {
      decide(args[0]);
      if (state !== 'replaced') return pass();
      callBack(args);
      return res;
    }),
  });
}

interface Head {
  readonly status: number;
  readonly write: () => unknown;
}

/**
 * The property that holds the `auth`s for which a response is watched. A property costs much less than a
 * `WeakSet` for every request.
 */
const WATCHED = Symbol('scopegate.watched');

interface WatchedResponse extends ServerResponse {
  [WATCHED]?: Auth[];
}

type Method = (...args: readonly unknown[]) => unknown;

/** Returns a method that calls `by` with the arguments, and with a function that calls the original method. */
function intercept(
  res: ServerResponse,
  name: 'writeHead' | 'flushHeaders' | 'write' | 'end',
  by: (args: readonly unknown[], pass: () => unknown) => unknown,
): Method {
  const method = Reflect.get(res, name) as Method;
  return (...args) => by(args, () => Reflect.apply(method, res, args));
}

/** Calls the callback of a write that was dropped. */
function callBack(args: readonly unknown[]): void {
  const callback = args.findLast((arg) => typeof arg === 'function');
  if (callback !== undefined) queueMicrotask(callback as () => void);
}
