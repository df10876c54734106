/**
 * Puts a refusal that was raised in a tool into the place of its in-band form, for Node's responses.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';
import { isGuardedCall, toolGuardsOf } from '../gate/index.js';
import type { Allowed, Carrier } from '../gate/index.js';
import type { Auth } from '../policy/index.js';
import { writeReply } from './write-reply.js';

/**
 * Watches the answer to a request that was let in, up to its first byte. If a tool behind raised a
 * refusal (`guardTool`), and that is all the answer says, the refusal is written instead; any other
 * answer passes as it is. Where tools may raise refusals, the head of the answer to a call waits for
 * the first byte of its body; no byte of a body ever waits. Call it in front of the handler.
 */
export function swapRefusal(res: ServerResponse, gate: object, { auth }: Allowed): void {
  // An HTTP route with a rule of its own may serve tools, too.
  if (auth === undefined || !(isGuardedCall(gate, auth) || toolGuardsOf(gate))) return;
  // Frameworks with hooks let the same request on several times.
  const watched = ((res as WatchedResponse)[WATCHED] ??= []);
  if (watched.includes(auth)) return;
  watched.push(auth);

  const carrier = (): Carrier | undefined => toolGuardsOf(gate)?.carrierOf(auth);
  let state: 'waiting' | 'open' | 'swapped' = 'waiting';
  let head: Head | undefined;

  /** Lets the answer go, with what was held of it. */
  const open = (): void => {
    if (state !== 'waiting') return;
    state = 'open';
    head?.write();
  };
  /** Holds a head that a refusal may still take the place of. */
  const hold = (status: unknown, write: () => unknown): boolean => {
    if (state !== 'waiting' || head !== undefined || status !== 200) return false;
    const { hasRaised = false, mayRaise = false } = carrier() ?? {};
    if (!hasRaised && !mayRaise) return false;
    head = { status, write };
    // To the application its head is out: it cannot answer something else any more.
    const sent = Object.getPrototypeOf(res) as object;
    const get = (): unknown => state === 'waiting' || Reflect.get(sent, 'headersSent', res);
    Object.defineProperty(res, 'headersSent', { configurable: true, get });
    return true;
  };
  /** Decides at the first byte, or at the end; the rest of a replaced answer goes nowhere. */
  const settle = (chunk: unknown): void => {
    if (state !== 'waiting') return;
    const isContent = typeof chunk === 'string' || chunk instanceof Uint8Array;
    const isAnswer = isContent && (head?.status ?? res.statusCode) === 200;
    const reply = isAnswer ? carrier()?.replyFor(chunk) : undefined;
    if (reply === undefined) return open();
    state = 'open';
    writeReply(res, reply);
    state = 'swapped';
  };

  Object.assign(res, {
    writeHead: intercept(res, 'writeHead', ([status], pass) => {
      if (state === 'swapped' || hold(status, pass)) return res;
      open();
      return pass();
    }),
    flushHeaders: intercept(res, 'flushHeaders', (_args, pass) => {
      // A held head goes out with the first byte anyway.
      const isHeld = state === 'waiting' && (head !== undefined || hold(res.statusCode, pass));
      return isHeld || state === 'swapped' ? undefined : pass();
    }),
    write: intercept(res, 'write', (args, pass) => {
      settle(args[0]);
      if (state !== 'swapped') return pass();
      callBack(args);
      return true;
    }),
    end: intercept(res, 'end', (args, pass) => {
      settle(args[0]);
      if (state !== 'swapped') return pass();
      callBack(args);
      return res;
    }),
  });
}

interface Head {
  readonly status: number;
  readonly write: () => unknown;
}

/** For whom an answer is watched; a property costs much less than a `WeakSet` for every request. */
const WATCHED = Symbol('scopegate.watched');

interface WatchedResponse extends ServerResponse {
  [WATCHED]?: Auth[];
}

type Method = (...args: readonly unknown[]) => unknown;

/** A method in the place of another one, which it may pass the call on to. */
function intercept(
  res: ServerResponse,
  name: 'writeHead' | 'flushHeaders' | 'write' | 'end',
  by: (args: readonly unknown[], pass: () => unknown) => unknown,
): Method {
  const method = Reflect.get(res, name) as Method;
  return (...args) => by(args, () => Reflect.apply(method, res, args));
}

/** What would have been written is done with. */
function callBack(args: readonly unknown[]): void {
  const callback = args.findLast((arg) => typeof arg === 'function');
  if (callback !== undefined) queueMicrotask(callback as () => void);
}
