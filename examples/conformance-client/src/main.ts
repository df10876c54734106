/**
 * Runs the official conformance suite against our client. Exit code 0 only if every scenario
 * about authorization passes, without a warning and without an expected failure.
 *
 * @module
 */
import { fileURLToPath } from 'node:url';
import { SUITE, conformance } from '@scopegate/example-conformance-server';
import { TARGETS, evaluateRun, table } from './evaluate-run.js';
import type { Verdict } from './evaluate-run.js';

/** For one scenario, in milliseconds: all of a suite start at once. */
const TIMEOUT = '100000';

process.exitCode = (await main()) ? 0 : 1;

async function main(): Promise<boolean> {
  const started = performance.now();
  const client = fileURLToPath(new URL('client.js', import.meta.url));
  const verdicts: Verdict[] = [];
  for (const target of TARGETS) {
    const { suite, revision } = target;
    console.error(`${suite}, ${revision} ...`);
    const what = ['--suite', suite, '--spec-version', revision, '--timeout', TIMEOUT];
    const run = await conformance([
      'client',
      '--command',
      `"${process.execPath}" "${client}"`,
      ...what,
    ]);
    const found = evaluateRun(target, run);
    const passed = found.filter(({ faults }) => faults.length === 0).length;
    console.error(`${suite}, ${revision}: ${passed}/${target.scenarios}`);
    verdicts.push(...found);
  }
  for (const line of table(verdicts)) console.log(line);
  console.log();
  for (const { scenario, revision, faults } of verdicts) {
    for (const fault of faults) console.log(`${scenario}, ${revision}: ${fault}`);
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`${SUITE}, client on Node ${process.versions.node}, ${seconds} s`);
  const isGood = verdicts.every(({ faults }) => faults.length === 0);
  console.log(isGood ? 'Every scenario passes, without a warning.' : 'NOT every scenario passes.');
  return isGood;
}
