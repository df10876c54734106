/** Runs the whole adapter suite against one binding, and prints the outcome as one line of JSON. */
import { testAdapter } from '@scopegate/adapter-testkit';
import { collect } from '../../../packages/adapter-testkit/test/support/collect.js';
import { ALL_HARNESSES } from '../../../packages/adapter-testkit/test/support/harnesses.js';
import type { Outcome } from './vectors.js';

const name = process.argv.at(-1);
const harness = ALL_HARNESSES.find((one) => one.name === name);
if (harness === undefined) {
  const names = ALL_HARNESSES.map((one) => one.name).join(', ');
  throw new Error(`there is no binding ${String(name)}: ${names}`);
}
const { runner, run } = collect();
testAdapter(harness, runner);
const outcomes = await run();
const failed = outcomes.filter(({ error }) => error !== undefined);
const outcome: Outcome = {
  passed: outcomes.length - failed.length,
  failures: failed.map(({ title, error }) => `${title}: ${(error as Error).message}`),
};
console.log(JSON.stringify(outcome));
process.exit();
