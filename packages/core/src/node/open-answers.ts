/**
 * The answers that a handler is working on, for a gate whose handlers are not guarded yet.
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

/** Beyond so many the finished ones are removed. */
const MIN_LIMIT = 64;

class OpenAnswers {
  /** Weak, so that nothing of a finished request stays in memory. */
  #answers: WeakRef<OpenAnswer>[] = [];
  #limit = MIN_LIMIT;

  add(answer: OpenAnswer): void {
    if (this.#answers.length >= this.#limit) {
      this.#answers = this.#answers.filter((kept) => isOpen(kept.deref()));
      // Twice as many as are open, so that adding one takes constant time.
      this.#limit = Math.max(MIN_LIMIT, this.#answers.length * 2);
    }
    // The response alone keeps its answers; several gates may have one.
    ((answer.res as KeptResponse)[KEPT] ??= []).push(answer);
    this.#answers.push(new WeakRef(answer));
  }

  open(): readonly OpenAnswer[] {
    return this.#answers.map((kept) => kept.deref()).filter(isOpen);
  }
}

const KEPT = Symbol('scopegate.open');

interface KeptResponse extends ServerResponse {
  [KEPT]?: OpenAnswer[];
}

function isOpen(answer: OpenAnswer | undefined): answer is OpenAnswer {
  if (answer === undefined) return false;
  const { res } = answer;
  return !res.headersSent && !res.writableEnded && !res.destroyed;
}

const byGate = new WeakMap<object, OpenAnswers>();

/**
 * Keeps an answer until it begins. If a handler behind the gate is guarded before, which may happen in
 * the handler of this request, `watch` is called with the answer. No response is changed until then.
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
