#!/usr/bin/env node
/** `npm run bench`: core beside its peers, as ratios in one run. Not a test: read it, do not gate on it. */
import { challenges } from './challenges.mjs';
import { evaluation } from './evaluation.mjs';
import { DOES_IT, summary } from './measure.mjs';
import { tokens } from './tokens.mjs';

console.log(`Node ${process.version}; the first line of each row is 1.00 x, larger is slower.`);
console.log(`"${DOES_IT}": comes to what core comes to. Who reads less is not raced against.`);
await challenges();
await evaluation();
await tokens();
summary();
