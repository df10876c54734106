/**
 * Where a command reads and writes.
 *
 * @module
 */
import { text } from 'node:stream/consumers';
import pc from 'picocolors';
import spinner from 'yocto-spinner';

/** Input, output and environment of a command. */
export interface Terminal {
  /** Writes results to standard output. */
  readonly out: (text: string) => void;
  /** Writes errors and hints to standard error. */
  readonly err: (text: string) => void;
  /** Reads standard input to its end. */
  readonly input: () => Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Columns of the terminal; `undefined` if the output is no terminal. */
  readonly columns: number | undefined;
  /** Whether results are coloured. */
  readonly hasColor: boolean;
  /** Shows that a long step runs, on a terminal only. Returns a function that ends it. */
  readonly progress: (step: string) => () => void;
  /** Resolves when the user wants a running server to stop. */
  readonly interrupted: () => Promise<void>;
}

/**
 * The terminal of this process. Colours follow `NO_COLOR`, `FORCE_COLOR` and whether it is a terminal; a
 * CI server is none, since what it pipes is read by programs.
 */
export function processTerminal(): Terminal {
  const { stdout, stderr, stdin, env } = process;
  return {
    out: (line) => void stdout.write(line),
    err: (line) => void stderr.write(line),
    input: () => text(stdin),
    env,
    columns: stdout.isTTY ? stdout.columns : undefined,
    // Not in the types: `isTTY` is undefined where the output is no terminal.
    hasColor: pc.isColorSupported && (stdout.isTTY || Boolean(env['FORCE_COLOR'])),
    progress: (step) => {
      if (!stderr.isTTY) return () => undefined;
      const shown = spinner({ text: step, stream: stderr }).start();
      return () => void shown.stop();
    },
    interrupted: () =>
      new Promise((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      }),
  };
}
