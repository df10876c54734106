import { expect, test } from 'vitest';
import { TimeoutError, within } from '../src/wait.js';

test('a value is returned at once, without a timer', () => {
  const timers = process.getActiveResourcesInfo().length;
  expect(within(1000, 'work', () => 7)).toBe(7);
  expect(within(1000, 'work', () => undefined)).toBeUndefined();
  expect(process.getActiveResourcesInfo().length).toBe(timers);
});

test('errors and rejections of the work are passed on', async () => {
  const error = new Error('x');
  expect(() =>
    within(1000, 'work', () => {
      throw error;
    }),
  ).toThrow(error);
  await expect(within(1000, 'work', () => Promise.reject(error))).rejects.toBe(error);
});

test('a thenable is awaited, and one whose `then` throws is an error [T04]', async () => {
  // eslint-disable-next-line unicorn/no-thenable -- foreign promises are such objects
  const foreign = { then: (resolve: (value: number) => void) => resolve(7) };
  expect(await within(1000, 'work', () => foreign as PromiseLike<number>)).toBe(7);
  // eslint-disable-next-line unicorn/no-thenable -- so are hostile ones
  const hostile = Object.defineProperty({}, 'then', {
    get() {
      throw new Error('no');
    },
  });
  expect(() => within(1000, 'work', () => hostile)).toThrow('no');
});

test('the time is limited, and the signal is aborted at its end [T04]', async () => {
  let signal: AbortSignal | undefined;
  const waiting = within(5, 'the work', (context) => {
    ({ signal } = context);
    return new Promise(() => {});
  });
  await expect(waiting).rejects.toThrow(new TimeoutError('the work took longer than 5 ms'));
  expect(signal?.aborted).toBe(true);
});

test('the signal is aborted also if it is first read after the end', async () => {
  const contexts = [within(1000, 'work', (context) => context)];
  contexts.push(await within(1000, 'work', (context) => Promise.resolve(context)));
  for (const context of contexts) {
    expect((await context).signal.aborted).toBe(true);
    expect((await context).signal).toBe((await context).signal);
  }
});

test.each([
  ['the work is done', (): Promise<unknown> => Promise.resolve(7)],
  ['the time is over', (): Promise<unknown> => new Promise(() => {})],
])('a listener hears, once, that %s [T04, T29]', async (_when, work) => {
  let heard = 0;
  const waiting = within(5, 'the work', (context) => {
    context.onEnd(() => heard++);
    expect(heard).toBe(0);
    return work();
  });
  await Promise.allSettled([waiting]);
  expect(heard).toBe(1);
});

test.each([
  ['the work is done', (): Promise<unknown> => Promise.resolve(7), 'fulfilled'],
  ['the work fails', (): Promise<unknown> => Promise.reject(new Error('x')), 'rejected'],
  ['the time is over', (): Promise<unknown> => new Promise(() => {}), 'rejected'],
])('a listener that throws when %s holds nobody [T04, T29]', async (_when, work, status) => {
  const waiting = within(5, 'the work', (context) => {
    context.onEnd(() => {
      throw new Error('a listener broke');
    });
    return work();
  });
  const [outcome] = await Promise.allSettled([waiting]);
  expect(outcome.status).toBe(status);
});

test('a listener that is added after the end is called at once', async () => {
  const context = within(1000, 'work', (waiting) => Promise.resolve(waiting));
  let heard = 0;
  (await context).onEnd(() => heard++);
  expect(heard).toBe(1);
});

test('a listener hears once, even if the work is done after the time is over', async () => {
  let heard = 0;
  let finish = (): void => {};
  const waiting = within(1, 'the work', (context) => {
    context.onEnd(() => heard++);
    return new Promise<void>((resolve) => (finish = resolve));
  });
  await expect(waiting).rejects.toThrow(TimeoutError);
  finish();
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard).toBe(1);
});
