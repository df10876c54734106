/**
 * Whether work grows with its input, by the best of several rounds: what else the machine does only
 * ever adds.
 *
 * @module
 */

/** Below it a clock says little; in milliseconds. */
const FLOOR = 0.5;
const ROUNDS = 60;
/** Milliseconds, after which the outcome stands: what is quadratic takes that long. */
const LONGEST = 5_000;

export interface Growth {
  /** Milliseconds for the large input. */
  readonly large: number;
  /** How much four times as much text costs: 4 is linear, 16 is quadratic. */
  readonly ratio: number;
}

/** Measures `run` with `n` and with `4n`; stops as soon as both limits are met. */
export async function growthOf(run: (whole: boolean) => unknown, limits: Growth): Promise<Growth> {
  let small = Number.POSITIVE_INFINITY;
  let large = await timeOf(() => run(true));
  // So little time meets both limits, however little the small input takes.
  if (large <= Math.min(limits.large, FLOOR * limits.ratio)) return { large, ratio: large / FLOOR };
  const growth = (): Growth => ({ large, ratio: large / Math.max(FLOOR, small) });
  const end = performance.now() + LONGEST;
  for (let round = 0; round < ROUNDS && performance.now() < end; round++) {
    small = Math.min(small, await timeOf(() => run(false)));
    large = Math.min(large, await timeOf(() => run(true)));
    const { ratio } = growth();
    // The first round also compiles.
    if (round > 0 && large <= limits.large && ratio <= limits.ratio) break;
  }
  return growth();
}

async function timeOf(run: () => unknown): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}
