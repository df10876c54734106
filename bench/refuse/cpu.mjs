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

/** Times below it count as if they were this long, in milliseconds: a ratio of two of them is noise. */
const FLOOR = 0.5;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

/** CPU time of all threads for one call, in milliseconds; `calls` of them make one sample. */
export async function cpuOf(run, calls = 1) {
  // Collect the garbage of earlier rows first, so that this row does not pay for it.
  collectGarbage();
  const start = process.cpuUsage();
  for (let i = 0; i < calls; i++) await run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000 / calls;
}

/**
 * Runs every case once a round, in turn, so that a busy moment of the machine hits all alike.
 *
 * @param sample - returns the milliseconds of one case
 * @returns the lowest figure of each, since a busy machine only adds time
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
