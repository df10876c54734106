/** CPU time, and the tables of it. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export const TARGETS = {
  /** Of a text twice as long: 2 is linear, 4 is quadratic. */
  growth: 3,
  /** Milliseconds. */
  cpu: 20,
  /** Of `JSON.parse` of the same bytes. */
  parse: 1.5,
  /** Of four verifications: what the gate does besides, and noise. */
  signatures: 1.3,
};

/** Times below it count as if they were this long, in milliseconds, where growth is compared. */
const FLOOR = 0.5;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

/** A sample lasts at least this many milliseconds: a shorter one shows the clock and the compiler. */
const SAMPLE = 10;

/**
 * CPU time of all threads for one call, in milliseconds, over a sample of `batch` calls or more.
 *
 * @param collects - whether the garbage of earlier cases is collected first, so that it is not here
 * @param atLeast - milliseconds of a sample
 */
export async function cpuOf(run, batch = 1, { collects = true, atLeast = SAMPLE } = {}) {
  if (collects) {
    collectGarbage();
    // A collection also discards code that did not run lately, which a service in use has compiled.
    const end = performance.now() + (batch > 1 ? SAMPLE / 2 : 0);
    while (performance.now() < end) await run();
  }
  const start = process.cpuUsage();
  for (let calls = batch; ; calls += batch) {
    for (let i = 0; i < batch; i++) await run();
    const { user, system } = process.cpuUsage(start);
    const spent = (user + system) / 1000;
    if (spent >= atLeast) return spent / calls;
  }
}

/**
 * Runs every case once a round, in turn, so that a busy moment of the machine hits all alike.
 *
 * @param sample - returns the milliseconds of one case
 * @returns the lowest of each: what else the machine does only ever adds
 */
export async function lowest(cases, rounds, sample) {
  const samples = cases.map(() => []);
  // The first round compiles.
  for (let round = -1; round < rounds; round++) {
    for (const [index, one] of cases.entries()) {
      const ms = await sample(one);
      if (round >= 0) samples[index].push(ms);
    }
  }
  return samples.map((list) => Math.min(...list));
}

/** Milliseconds for which both sides of a pair run before they are measured. */
const WARM = 30;
/** Samples of each side of a pair in one round, in turn, and the milliseconds of one. */
const PAIRED_SAMPLES = 8;
const PAIRED_SAMPLE = 5;

/**
 * Measures pairs of cases that do the same work on the same data. Both sides run warm, as in a service
 * that is asked again and again, and then by turns, so that the compiler and the machine treat them alike.
 *
 * @param pairs - `[one, other]`, functions
 * @returns `[one, other]` in milliseconds for each pair, the lowest of all rounds
 */
export async function lowestOfPairs(pairs, rounds) {
  const samples = pairs.map(() => [[], []]);
  for (let round = 0; round < rounds; round++) {
    for (const [index, pair] of pairs.entries()) {
      collectGarbage();
      for (const run of pair) await warmUp(run);
      for (let i = 0; i < PAIRED_SAMPLES; i++) {
        for (const [side, run] of pair.entries()) {
          samples[index][side].push(
            await cpuOf(run, 4, { collects: false, atLeast: PAIRED_SAMPLE }),
          );
        }
      }
    }
  }
  return samples.map((sides) => sides.map((list) => Math.min(...list)));
}

/** Milliseconds of one round of a pair whose calls alternate. */
const ALTERNATING = 150;

/**
 * Measures pairs of cases that wait for other threads, as a signature does: where such a thread wakes
 * decides more than the work, and differs by half from one moment to the next. So the calls alternate one
 * by one, and the median of each side over all rounds counts.
 *
 * @returns `[one, other]` in milliseconds for each pair
 */
export async function mediansOfPairs(pairs, rounds) {
  const samples = pairs.map(() => [[], []]);
  for (let round = 0; round < rounds; round++) {
    for (const [index, pair] of pairs.entries()) {
      collectGarbage();
      for (const run of pair) await warmUp(run);
      const end = performance.now() + ALTERNATING;
      while (performance.now() < end) {
        for (const [side, run] of pair.entries()) {
          samples[index][side].push(await cpuOf(run, 1, { collects: false, atLeast: 0 }));
        }
      }
    }
  }
  return samples.map((sides) => sides.map((list) => median(list)));
}

function median(list) {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
}

async function warmUp(run) {
  const end = performance.now() + WARM;
  while (performance.now() < end) await run();
}

/**
 * The steepest growth from one size to the next, each twice the one before it.
 *
 * @param beside - what must be done anyway: where that more than doubles, so may the whole
 */
export function growthOf(sizes, beside = []) {
  const others = steps(beside);
  return Math.max(...steps(sizes).map((step, i) => step / Math.max(1, (others[i] ?? 2) / 2)));
}

function steps(list) {
  return list.slice(1).map((ms, i) => Math.max(ms, FLOOR) / Math.max(list[i], FLOOR));
}

/** Prints a table; the first column stands left, the others right. */
export function table(title, columns, rows) {
  const cells = [columns, ...rows];
  const widths = columns.map((_unused, column) =>
    Math.max(...cells.map((row) => row[column].length)),
  );
  console.log(`\n${title}`);
  for (const row of cells) {
    const line = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]),
    );
    console.log(`  ${line.join('  ')}`.trimEnd());
  }
}

export function milliseconds(ms) {
  return ms.toFixed(ms < 10 ? 2 : 0);
}

export function times(ratio) {
  return `${ratio.toFixed(2)} x`;
}

export function verdict(isMet) {
  return isMet ? 'met' : 'NOT MET';
}
