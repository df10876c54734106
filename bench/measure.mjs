/**
 * Runs candidates of one row after another, in rounds, and prints each as a ratio to the first.
 * Rounds are interleaved, so that a busy moment of the machine hits every candidate alike; the
 * median of the rounds counts.
 */
import { measure } from 'mitata';

const ROUNDS = 5;

/** What a measured function returns goes here, so that no engine drops the work. */
export let sink;

export async function row(title, candidates) {
  const names = Object.keys(candidates);
  const times = new Map(names.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of names) {
      const run = candidates[name];
      const stats = await measure(
        () => {
          sink = run();
          return sink;
        },
        { min_cpu_time: 60e6, warmup_samples: 2 },
      );
      times.get(name).push(stats.p50);
    }
  }
  const medians = names.map((name) => times.get(name).toSorted((a, b) => a - b)[ROUNDS >> 1]);
  console.log(`\n${title}`);
  for (const [index, name] of names.entries()) {
    const ns = medians[index];
    const ratio = ns / medians[0];
    console.log(
      `  ${name.padEnd(34)} ${ns.toFixed(0).padStart(9)} ns  ${ratio.toFixed(2).padStart(8)} x`,
    );
  }
  return Object.fromEntries(names.map((name, index) => [name, medians[index]]));
}

/** A candidate that fails on the input is said so, not measured. */
export function usable(candidates) {
  return Object.fromEntries(
    Object.entries(candidates).filter(([name, run]) => {
      try {
        run();
        return true;
      } catch (error) {
        console.log(`  (${name} fails on this input: ${String(error.message).slice(0, 60)})`);
        return false;
      }
    }),
  );
}
