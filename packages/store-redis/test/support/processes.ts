/**
 * Starts instances of a service in processes of their own.
 *
 * @module
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { ClientName } from './clients.js';
import type { Inserted, Order } from './instance.js';

export interface Instance {
  /** Waits for Redis 30 seconds, or one if it is hasty. */
  insert(ids: readonly string[], times: number, isHasty?: boolean): Promise<Inserted>;
  /** Returns the status of the gate's answer to a request of this user. */
  check(subject: string): Promise<number>;
  revoke(subject: string): Promise<void>;
  /** Stops the process, and lets it go on. */
  pause(): void;
  resume(): void;
  readonly close: () => void;
}

const OUT = fileURLToPath(new URL('../../node_modules/.tests/instance.mjs', import.meta.url));
let bundled: Promise<unknown> | undefined;

/** Starts an instance, and waits until it has read the revocations. */
export async function startInstance(name: ClientName, ports: readonly number[]): Promise<Instance> {
  await (bundled ??= build({
    entryPoints: [fileURLToPath(new URL('instance.ts', import.meta.url))],
    outfile: OUT,
    ...{ bundle: true, format: 'esm', platform: 'node', target: 'node20' },
    conditions: ['@scopegate/source'],
    external: ['redis', 'ioredis'],
  }));
  const child = fork(OUT, [name, ports.join(',')], { execArgv: [] });
  const waiting = new Map<
    number,
    { resolve: (value: never) => void; reject: (e: Error) => void }
  >();
  let last = 0;
  child.on('message', ({ number, result, error }: Answer) => {
    const one = waiting.get(number);
    waiting.delete(number);
    if (error === undefined) one?.resolve(result as never);
    else one?.reject(new Error(error));
  });
  child.on('exit', (code) => {
    for (const one of waiting.values()) one.reject(new Error(`the instance ended: ${code}`));
  });
  const send = <T>(order: Order): Promise<T> => {
    last += 1;
    child.send({ number: last, order });
    return answerTo(last, waiting);
  };
  await answerTo(0, waiting);
  return {
    insert: (ids, times, isHasty = false) => send({ kind: 'insert', ids, times, isHasty }),
    check: (subject) => send({ kind: 'check', subject }),
    revoke: (subject) => send({ kind: 'revoke', subject }),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    close: () => end(child),
  };
}

interface Answer {
  readonly number: number;
  readonly result?: unknown;
  readonly error?: string;
}

function answerTo<T>(
  number: number,
  waiting: Map<number, { resolve: (value: never) => void; reject: (e: Error) => void }>,
): Promise<T> {
  return new Promise<T>((resolve, reject) => waiting.set(number, { resolve, reject }));
}

function end(child: ChildProcess): void {
  child.removeAllListeners();
  child.kill('SIGKILL');
}
