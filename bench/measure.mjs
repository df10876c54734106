/**
 * Runs candidates of one row after another, in rounds, and prints each as a ratio to the first.
 * Rounds are interleaved, so that a busy moment of the machine affects every candidate alike; the
 * median of the rounds counts.
 */
import { measure } from 'mitata';

const ROUNDS = 5;

/** What a measured function returns goes here, so that no engine drops the work. */
export let sink;

/** The note of a candidate that does the whole work of its row. */
export const DOES_IT = 'does it';

/**
 * @param candidates - by name, the measure of the others first: a function, or `run` with a `verdict`.
 * `run` is timed, may return a promise and must not throw; `verdict` says what becomes of the row's
 * work, {@link DOES_IT} if all of it
 * @returns for each name its ratio to the first, and its verdict
 */
export async function row(title, candidates) {
  const all = Object.entries(candidates).map(([name, candidate]) => [
    name,
    typeof candidate === 'function' ? { run: candidate, verdict: '' } : candidate,
  ]);
  const samples = new Map(all.map(([name]) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, { run }] of all) {
      const stats = await measure(
        () => {
          sink = run();
          return sink;
        },
        { min_cpu_time: 60e6, warmup_samples: 2 },
      );
      samples.get(name).push(stats.p50);
    }
  }
  const median = (name) => samples.get(name).toSorted((a, b) => a - b)[ROUNDS >> 1];
  const results = all.map(([name, { verdict }]) => ({
    name,
    ns: median(name),
    ratio: median(name) / median(all[0][0]),
    verdict,
  }));
  console.log(`\n${title}`);
  for (const { name, ratio, verdict } of results) {
    console.log(`  ${name.padEnd(38)} ${ratio.toFixed(2).padStart(8)} x  ${verdict}`.trimEnd());
  }
  return results;
}

/** Candidates that do the whole work, each checked once against what the first one comes to. */
export function agreeing(candidates) {
  const [[, first], ...others] = Object.entries(candidates);
  for (const [name, run] of others) {
    if (run() !== first()) throw new Error(`${name} comes to another result`);
  }
  return Object.fromEntries(
    Object.entries(candidates).map(([name, run]) => [name, { run, verdict: DOES_IT }]),
  );
}

const targets = [];

/** Notes whether a target was reached, for the summary at the end. */
export function target(what, met, figure) {
  targets.push({ what, met, figure });
}

export function summary() {
  console.log('\nTargets');
  for (const { what, met, figure } of targets) {
    console.log(`  ${met ? 'met    ' : 'NOT MET'}  ${what}: ${figure}`);
  }
}

/** A ratio as the tables write it. */
export function times(ratio) {
  return `${ratio.toFixed(2)} x`;
}
