/** Ratios of one framework and route, with their spread and targets. */
import { BOUND, BOUND_TARGET, CONSTANT, RAW_JOSE, TARGETS } from './cases.mjs';

const US = 'scopegate';

/**
 * Prints the table.
 *
 * @param rounds - for each round the microseconds of each candidate
 * @returns a line for each target that is missed by more than the spread
 */
export function report({ framework, title, candidates, rounds }) {
  const indexOf = (guard, what) =>
    candidates.findIndex((one) => one.guard === guard && one.what === what);
  const column = (index) => rounds.map((times) => times[index]);
  const bare = median(column(indexOf('bare', 'authorised')));
  console.log(`\n${framework}, ${title}: bare ${bare.toFixed(0)} us`);
  console.log(`  ${''.padEnd(53)}us   of bare  of constant   spread`);
  const missed = [];
  for (const [index, { guard, what }] of candidates.entries()) {
    const time = median(column(index));
    const constant = indexOf(CONSTANT, what);
    const beside = constant === -1 ? undefined : ratioOf(rounds, index, constant);
    const line = [
      `  ${guard.padEnd(36)} ${what.padEnd(14)}`,
      time.toFixed(1).padStart(6),
      (time / bare).toFixed(2).padStart(8),
      (beside?.median.toFixed(2) ?? '').padStart(11),
      (beside === undefined ? '' : `+-${beside.spread.toFixed(2)}`).padStart(9),
    ];
    const verdicts =
      guard === US ? verdictsOf(what, index) : guard === BOUND ? boundVerdicts(what, index) : [];
    console.log([...line, ...verdicts.map(({ text }) => ` ${text}`)].join(' ').trimEnd());
    for (const { isMissed, text } of verdicts) {
      if (isMissed) missed.push(`${framework}, ${title}, ${what}: ${text}`);
    }
  }
  return missed;

  function boundVerdicts(what, index) {
    const ratio = ratioOf(rounds, index, indexOf(RAW_JOSE, what));
    return [verdict(ratio, BOUND_TARGET, `of ${RAW_JOSE}`)];
  }

  function verdictsOf(what, index) {
    const verdicts = [];
    const target = TARGETS[title][what]?.(framework);
    if (target !== undefined) {
      const ratio = ratioOf(rounds, index, indexOf(CONSTANT, what));
      verdicts.push(verdict(ratio, target, 'of constant'));
    }
    if (what === 'too few scopes') {
      const ratio = ratioOf(rounds, index, indexOf(US, 'authorised'));
      verdicts.push(verdict(ratio, 1, 'of the authorised call'));
    }
    for (const [at, other] of candidates.entries()) {
      if (other.what !== what || [US, CONSTANT, 'bare'].includes(other.guard)) continue;
      const ratio = ratioOf(rounds, index, at);
      if (ratio.median > 1) verdicts.push(verdict(ratio, 1, `of ${other.guard}`));
    }
    return verdicts;
  }
}

/** Ratios are taken within a round, where the machine was the same for both. */
function ratioOf(rounds, index, beside) {
  const ratios = rounds.map((times) => times[index] / times[beside]).toSorted((a, b) => a - b);
  const at = (share) => ratios[Math.min(ratios.length - 1, Math.floor(ratios.length * share))];
  return { median: median(ratios), spread: (at(0.75) - at(0.25)) / 2 };
}

function verdict(ratio, target, what) {
  const isMet = ratio.median <= target;
  const isMissed = ratio.median - ratio.spread > target;
  const words = isMet ? 'met' : isMissed ? 'NOT MET' : 'within the spread';
  const text = `${ratio.median.toFixed(2)} ${what}, at most ${target}: ${words}`;
  return { isMissed, text };
}

function median(list) {
  return list.toSorted((a, b) => a - b)[list.length >> 1];
}
