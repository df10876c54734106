/**
 * Where a command reads and writes.
 *
 * @module
 */
import { text } from 'node:stream/consumers';
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

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { stdout, stderr, stdin, env } = process;
  return {
    out: (line) => void stdout.write(line),
    err: (line) => void stderr.write(line),
    input: () => text(stdin),
    env,
    columns: stdout.isTTY ? stdout.columns : undefined,
    hasColor: wantsColor(env, stdout.isTTY),
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

/**
 * Whether results are coloured: by `NO_COLOR`, else by `FORCE_COLOR`, of which `0` and `false` mean no, else on
 * terminals. An empty variable counts as absent (no-color.org). The variable `CI` does not turn colours on,
 * because programs may read the output.
 *
 * @param isTerminal - `isTTY`, which Node leaves undefined if the output is no terminal
 */
export function wantsColor(env: Terminal['env'], isTerminal: boolean | undefined): boolean {
  const { NO_COLOR: never, FORCE_COLOR: forced, TERM: kind } = env;
  if (never) return false;
  if (forced) return forced !== '0' && forced !== 'false';
  return isTerminal === true && kind !== 'dumb';
}
