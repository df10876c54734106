#!/usr/bin/env node
/**
 * `npm run bench:refuse`: the cost of refusals. Hostile headers, targets and bodies and bad tokens
 * against a gate, in CPU time of the process, all its threads. Rounds are interleaved, and the lowest figure
 * of each case counts; of tokens, whose signatures other threads verify, the median.
 * Exits with 1 if a target is missed.
 */
import { parseArgs } from 'node:util';
import { bodies } from './bodies.mjs';
import { headers } from './headers.mjs';
import { TARGETS } from './cpu.mjs';
import { tokens } from './tokens.mjs';

const { values } = parseArgs({
  options: {
    part: { type: 'string', multiple: true },
    all: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '7' },
    help: { type: 'boolean', default: false },
  },
});
const PARTS = { headers, bodies, tokens };
if (values.help) {
  console.log(
    'usage: npm run bench:refuse -- [--part headers|bodies|tokens] [--all] [--rounds 7]\n' +
      'One row for each header, target, body and token, by the filler that costs most; --all prints\n' +
      'every filler. Takes about two minutes. Exits with 1 if a target is missed.',
  );
  process.exit(0);
}
const names = values.part ?? Object.keys(PARTS);
const rounds = Number(values.rounds);
if (names.some((name) => !Object.hasOwn(PARTS, name)) || !(rounds >= 1)) {
  console.error(`--part is one of ${Object.keys(PARTS).join(', ')}, --rounds a number from 1 on`);
  process.exit(2);
}

const { growth, cpu, parse, signatures } = TARGETS;
console.log(
  `Node ${process.version}; CPU time in milliseconds, the lowest of ${rounds} interleaved rounds.\n` +
    `Targets: twice the text costs at most ${growth} times as much; 16 kB of a header or a target,\n` +
    `or 100 kB of a body, at most ${cpu} ms; a body at most ${parse} times JSON.parse of its bytes;\n` +
    `a bad token at most ${signatures} times four verifications of its signature by jose.`,
);
const rows = [];
for (const name of names) {
  const found = await PARTS[name]({ rounds, all: values.all });
  rows.push(...found);
}
const missed = rows.filter(({ isMet }) => !isMet);
console.log(`\n${rows.length - missed.length} of ${rows.length} rows meet their targets.`);
for (const { what, seen } of missed) console.log(`  NOT MET  ${what}: ${seen}`);
process.exit(missed.length === 0 ? 0 : 1);
