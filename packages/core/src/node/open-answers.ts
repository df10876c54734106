/**
 * Keeps the answers that have not begun, for a gate behind which no handler is guarded yet.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';
import { whenHandlersAreGuarded } from '../gate/index.js';
import type { Auth } from '../policy/index.js';

interface OpenAnswer {
  readonly res: ServerResponse;
  readonly auth: Auth;
}

/** Minimum number of kept answers at which those that have begun are removed from between open ones, too. */
const MIN_LIMIT = 64;

/**
 * The answers of a gate, the oldest first. Each new answer releases those in front that have begun, so that a
 * finished request stays in memory only if it is the last one, or came after one that is still open.
 */
class OpenAnswers {
  #answers: (OpenAnswer | undefined)[] = [];
  /** The index of the oldest answer that is not released. */
  #first = 0;
  #limit = MIN_LIMIT;

  add(answer: OpenAnswer): void {
    // A framework with several hooks calls this more than once for a request.
    const res: KeptResponse = answer.res;
    if (res[KEPT] === answer.auth) return;
    res[KEPT] = answer.auth;
    while (this.#first < this.#answers.length && !isOpen(this.#answers[this.#first])) {
      this.#answers[this.#first++] = undefined;
    }
    if (this.#answers.length >= this.#limit) {
      this.#answers = this.open();
      this.#first = 0;
      // Twice the number of open answers, so that adding one takes constant time on average.
      this.#limit = Math.max(MIN_LIMIT, this.#answers.length * 2);
    }
    this.#answers.push(answer);
  }

  open(): OpenAnswer[] {
    return this.#answers.filter(isOpen);
  }
}

/** The property of a response with the `auth` under which it is kept. That of a second gate replaces it. */
const KEPT = Symbol('scopegate.open');

type KeptResponse = ServerResponse & { [KEPT]?: Auth };

function isOpen(answer: OpenAnswer | undefined): answer is OpenAnswer {
  if (answer === undefined) return false;
  const { res } = answer;
  return !res.headersSent && !res.writableEnded && !res.destroyed;
}

const byGate = new WeakMap<object, OpenAnswers>();

/**
 * Keeps an answer until it begins. If a handler behind the gate is guarded before that, perhaps in the handler
 * of this request, `watch` is called with the answer. Without such a handler, no response is changed.
 */
export function keepOpenAnswer(
  gate: object,
  answer: OpenAnswer,
  watch: (answer: OpenAnswer) => void,
): void {
  let answers = byGate.get(gate);
  if (answers === undefined) {
    const created = (answers = new OpenAnswers());
    byGate.set(gate, created);
    whenHandlersAreGuarded(gate, () => {
      byGate.delete(gate);
      for (const open of created.open()) watch(open);
    });
  }
  answers.add(answer);
}
