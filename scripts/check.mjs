#!/usr/bin/env node
/**
 * Checks what no compiler sees. Each says why it exists; all run, so that one look shows every fault.
 *
 *   node scripts/check.mjs           run the checks
 *   node scripts/check.mjs --write   enter the tests that claim a requirement into requirements.json
 */
import { parseArgs } from 'node:util';
import { checkHouse } from './checks/house.mjs';
import { checkLockfile } from './checks/lockfile.mjs';
import { checkRequirements } from './checks/requirements.mjs';

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log('usage: node scripts/check.mjs [--write]');
  process.exit(0);
}

const checks = [
  ['house', () => checkHouse()],
  ['lock file', () => checkLockfile()],
  ['requirements', () => checkRequirements({ write: values.write })],
];
for (const [name, check] of checks) {
  const { faults, summary } = check();
  console.log(`${faults.length === 0 ? 'ok' : 'FAULT'}  ${name}: ${summary}`);
  for (const fault of faults) console.log(`       ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}
