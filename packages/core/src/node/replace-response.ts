/**
 * Replaces a Node response that contains only a refusal which an MCP handler raised.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';
import type { Allowed } from '../decision.js';
import { isGuardedCall } from '../gate/index.js';
import { pendingRefusalsOf } from '../web/index.js';
import type { PendingRefusal, PendingRefusals } from '../web/index.js';
import type { Auth } from '../policy/index.js';
import { keepOpenAnswer } from './open-answers.js';
import { writeReply } from './write-reply.js';

/**
 * Watches the answer to an allowed request up to its first byte. If the answer contains only a refusal
 * that a guarded handler raised (`guardTool`), the refusal is written instead; any other answer is sent
 * unchanged. Where handlers may raise refusals, the head of a 200 waits for the first byte of its body; no
 * byte of a body waits. Answers to requests without a token are not watched. Call this before the handler runs.
 */
export function replaceResponse(res: ServerResponse, gate: object, { auth }: Allowed): void {
  if (auth === undefined) return;
  const refusals = pendingRefusalsOf(gate);
  // An HTTP route with a rule of its own may serve tools, too. Until a first handler is guarded, only calls
  // that the gate has read are kept: to keep the answers of every HTTP route would cost all of them.
  if (refusals !== undefined) watchAnswer(res, refusals, auth);
  else if (isGuardedCall(gate, auth)) {
    keepOpenAnswer(gate, { res, auth }, (open) => {
      // Guards of handlers register them before they announce themselves.
      watchAnswer(open.res, pendingRefusalsOf(gate) as PendingRefusals, open.auth);
    });
  }
}

function watchAnswer(res: ServerResponse, refusals: PendingRefusals, auth: Auth): void {
  // A framework with several hooks calls this more than once for a request.
  const watched = ((res as WatchedResponse)[WATCHED] ??= []);
  if (watched.includes(auth)) return;
  watched.push(auth);

  const watch = new AnswerWatch(res, refusals, auth);
  const answer: Record<MethodName, Method> = res as never;
  answer.writeHead = (...args) => watch.writeHead(args);
  answer.flushHeaders = (...args) => watch.flushHeaders(args);
  answer.write = (...args) => watch.write(args);
  answer.end = (...args) => watch.end(args);
}

type Arguments = readonly unknown[];
type Method = (...args: Arguments) => unknown;
type MethodName = 'writeHead' | 'flushHeaders' | 'write' | 'end';

/** Watches one answer up to its first byte, in place of the methods that write it. */
class AnswerWatch {
  readonly #res: ServerResponse;
  readonly #refusals: PendingRefusals;
  readonly #auth: Auth;
  /** The methods that the response had before, perhaps of other middleware. */
  readonly #methods: Record<MethodName, Method>;
  #state: 'waiting' | 'open' | 'replaced' = 'waiting';
  /** The head that is held, with the method and the arguments that write it. */
  #head:
    | { readonly status: number; readonly name: MethodName; readonly args: Arguments }
    | undefined;

  constructor(res: ServerResponse, refusals: PendingRefusals, auth: Auth) {
    const { writeHead, flushHeaders, write, end } = res as never as Record<MethodName, Method>;
    this.#res = res;
    this.#refusals = refusals;
    this.#auth = auth;
    this.#methods = { writeHead, flushHeaders, write, end };
  }

  writeHead(args: Arguments): unknown {
    if (this.#state === 'replaced' || this.#hold(args[0], 'writeHead', args)) return this.#res;
    this.#open();
    return this.#pass('writeHead', args);
  }

  flushHeaders(args: Arguments): unknown {
    // A held head is sent with the first byte anyway.
    const isHeld = this.#state === 'waiting' && this.#head !== undefined;
    if (isHeld || this.#hold(this.#res.statusCode, 'flushHeaders', args)) return undefined;
    return this.#pass('flushHeaders', args);
  }

  write(args: Arguments): unknown {
    this.#decide(args[0]);
    if (this.#state !== 'replaced') return this.#pass('write', args);
    callBack(args);
    return true;
  }

  end(args: Arguments): unknown {
    this.#decide(args[0]);
    if (this.#state !== 'replaced') return this.#pass('end', args);
    callBack(args);
    return this.#res;
  }

  #pass(name: MethodName, args: Arguments): unknown {
    return Reflect.apply(this.#methods[name], this.#res, args);
  }

  #pending(): PendingRefusal {
    return this.#refusals.pendingFor(this.#auth);
  }

  /** Lets the response pass, and sends the status and headers that were held. */
  #open(): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'open';
    if (this.#head !== undefined) this.#pass(this.#head.name, this.#head.args);
  }

  /** Holds the status and headers if a refusal may still replace the response. */
  #hold(status: unknown, name: MethodName, args: Arguments): boolean {
    if (this.#state !== 'waiting' || this.#head !== undefined || status !== 200) return false;
    const { hasArrived, mayArrive } = this.#pending();
    if (!hasArrived && !mayArrive) return false;
    this.#head = { status, name, args };
    // The application must see its head as sent, so that it does not begin another answer.
    const sent = Object.getPrototypeOf(this.#res) as object;
    const get = (): unknown =>
      this.#state === 'waiting' || Reflect.get(sent, 'headersSent', this.#res);
    Object.defineProperty(this.#res, 'headersSent', { configurable: true, get });
    return true;
  }

  /**
   * Decides at the first byte of the body, or at its end, whether to send the refusal instead of the
   * response. The rest of a replaced response is dropped.
   */
  #decide(chunk: unknown): void {
    if (this.#state !== 'waiting') return;
    const isContent = typeof chunk === 'string' || chunk instanceof Uint8Array;
    const isAnswer = isContent && (this.#head?.status ?? this.#res.statusCode) === 200;
    const reply = isAnswer ? this.#pending().replyFor(chunk) : undefined;
    if (reply === undefined) return this.#open();
    this.#state = 'open';
    writeReply(this.#res, reply);
    this.#state = 'replaced';
  }
}

/**
 * The property that holds the `auth`s for which a response is watched. A property costs much less than a
 * `WeakSet` for every request.
 */
const WATCHED = Symbol('scopegate.watched');

interface WatchedResponse extends ServerResponse {
  [WATCHED]?: Auth[];
}

/** Calls the callback of a write that was dropped. */
function callBack(args: readonly unknown[]): void {
  const callback = args.findLast((arg) => typeof arg === 'function');
  if (callback !== undefined) queueMicrotask(callback as () => void);
}
