import { run } from '../src/index.js';
import type { Terminal } from '../src/index.js';

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process. */
export async function scopegate(
  args: readonly string[],
  given: Partial<Terminal> = {},
): Promise<Ran> {
  let [out, err] = ['', ''];
  const status = await run(args, {
    out: (text) => (out += text),
    err: (text) => (err += text),
    input: async () => '',
    env: {},
    columns: 160,
    hasColor: false,
    progress: () => () => undefined,
    interrupted: async () => undefined,
    ...given,
  });
  return { status, out, err };
}
