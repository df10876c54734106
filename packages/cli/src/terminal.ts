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
  /** Shows on a terminal that a long step runs. Returns a function that ends the display. */
  readonly progress: (step: string) => () => void;
  /** Resolves when the user asks a running server to stop (SIGINT or SIGTERM). */
  readonly interrupted: () => Promise<void>;
}

/**
 * The terminal of this process. Colours follow `NO_COLOR`, `FORCE_COLOR` and whether standard output is a
 * terminal. The variable `CI` does not turn them on, because programs may read the output.
 */
export function processTerminal(): Terminal {
  const { stdout, stderr, stdin, env } = process;
  return {
    out: (line) => void stdout.write(line),
    err: (line) => void stderr.write(line),
    input: () => text(stdin),
    env,
    columns: stdout.isTTY ? stdout.columns : undefined,
    // `isTTY` is undefined if the output is no terminal, which the types do not say.
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
