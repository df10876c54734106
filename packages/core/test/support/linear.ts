/**
 * Whether work grows with its input, by the best of many rounds: what else the machine does only
 * ever adds. Files that use it are named `*.timed.test.ts`, which run alone, in a process of their own.
 *
 * @module
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Below it a clock says little; in milliseconds. */
const FLOOR = 0.5;
/** The outcome stands after so many rounds, if they took {@link LONGEST}: what is quadratic takes that long. */
const FEWEST_ROUNDS = 20;
/** Milliseconds. */
const LONGEST = 4_000;

setFlagsFromString('--expose-gc');
/** Collects what a round left, so that the next one does not pay for it. */
const collectGarbage = runInNewContext('gc') as () => void;

export interface Growth {
  /** Milliseconds for the large input. */
  readonly large: number;
  /** How much four times as much text costs: 4 is linear, 16 is quadratic. */
  readonly ratio: number;
}

/** Measures `run` with `n` and with `4n`; stops as soon as both limits are met. */
export async function growthOf(run: (whole: boolean) => unknown, limits: Growth): Promise<Growth> {
  let large = await timeOf(1, () => run(true));
  // So little time meets both limits, however little the small input takes.
  if (large <= Math.min(limits.large, FLOOR * limits.ratio)) return { large, ratio: large / FLOOR };
  let small = Number.POSITIVE_INFINITY;
  const growth = (): Growth => ({ large, ratio: large / Math.max(FLOOR, small) });
  const end = performance.now() + LONGEST;
  for (let round = 0; round < FEWEST_ROUNDS || performance.now() < end; round++) {
    collectGarbage();
    // As much text both times, so that a busy machine takes as much from both.
    small = Math.min(small, (await timeOf(4, () => run(false))) / 4);
    large = Math.min(large, await timeOf(1, () => run(true)));
    const { ratio } = growth();
    // The first rounds also compile.
    if (round >= 2 && large <= limits.large && ratio <= limits.ratio) break;
  }
  return growth();
}

async function timeOf(times: number, run: () => unknown): Promise<number> {
  const start = performance.now();
  for (let index = 0; index < times; index++) await run();
  return performance.now() - start;
}
