/** Answers that are kept until a handler behind their gate is guarded. */
import type { ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { announceGuardedHandler } from '../../src/gate/index.js';
import { keepOpenAnswer } from '../../src/node/open-answers.js';
import type { Auth } from '../../src/policy/index.js';

function answer(state: Partial<ServerResponse> = {}) {
  const res = { headersSent: false, writableEnded: false, destroyed: false, ...state };
  return { res: res as ServerResponse, auth: {} as Auth };
}

test('only those that have not begun are watched, once, for their own gate', () => {
  const gate = {};
  const watched: unknown[] = [];
  const watch = (open: unknown): void => void watched.push(open);
  const open = answer();
  const ended = [answer({ headersSent: true }), answer({ destroyed: true })];
  for (const one of [answer({ writableEnded: true }), open, ...ended]) {
    keepOpenAnswer(gate, one, watch);
  }
  keepOpenAnswer({}, answer(), watch);
  announceGuardedHandler(gate);
  announceGuardedHandler(gate);
  expect(watched).toEqual([open]);
});

test('none that is open is lost among many that are finished', () => {
  const gate = {};
  const watched = new Set<unknown>();
  const open = Array.from({ length: 300 }, () => answer());
  for (const one of open) {
    keepOpenAnswer(gate, one, (found) => watched.add(found));
    for (let i = 0; i < 10; i++) {
      keepOpenAnswer(gate, answer({ writableEnded: true }), (found) => watched.add(found));
    }
  }
  announceGuardedHandler(gate);
  expect(watched).toEqual(new Set(open));
});

test('one that is kept by several hooks is watched once', () => {
  const gate = {};
  const watched: unknown[] = [];
  const { res, auth } = answer();
  for (let i = 0; i < 3; i++) keepOpenAnswer(gate, { res, auth }, (open) => watched.push(open));
  announceGuardedHandler(gate);
  expect(watched).toEqual([{ res, auth }]);
});

test('many that are open do not make each new one dearer', () => {
  const gate = {};
  let looks = 0;
  for (let i = 0; i < 2000; i++) {
    const one = answer();
    Object.defineProperty(one.res, 'headersSent', { get: () => (looks++, false) });
    keepOpenAnswer(gate, one, () => undefined);
  }
  expect(looks).toBeLessThan(5 * 2000);
});

test.each([1, 100])('behind %i that stay open, finished ones are released', async (count) => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const gate = {};
  const open = Array.from({ length: count }, () => answer());
  for (const one of open) keepOpenAnswer(gate, one, () => undefined);
  const finished = Array.from({ length: 1000 }, () => {
    const one = answer({ writableEnded: true });
    keepOpenAnswer(gate, one, () => undefined);
    return new WeakRef(one.res);
  });
  await new Promise(setImmediate);
  collectGarbage();
  // As many as are open, but not fewer than 64.
  const kept = finished.filter((one) => one.deref() !== undefined).length;
  expect(kept).toBeLessThanOrEqual(Math.max(64, count));
  expect(open.every(({ res }) => !res.writableEnded)).toBe(true);
});

test('a request that has finished is released, however many come beside it', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const gate = {};
  const finished: WeakRef<object>[] = [];
  const begin = (): ServerResponse => {
    const one = answer();
    finished.push(new WeakRef(one.res));
    keepOpenAnswer(gate, one, () => undefined);
    return one.res;
  };
  // Two at a time, the older one ends first, so that there is always one that is open.
  let older = begin();
  for (let i = 0; i < 200; i++) {
    const newer = begin();
    Object.assign(older, { writableEnded: true });
    older = newer;
  }
  // A weak reference holds its target until the end of the turn.
  await new Promise(setImmediate);
  collectGarbage();
  expect(finished.filter((one) => one.deref() !== undefined).length).toBeLessThanOrEqual(3);
  expect(older.writableEnded).toBe(false);
});
