#!/usr/bin/env node
/**
 * Checks what no compiler sees. Each says why it exists; all run, so that one look shows every fault.
 *
 *   node scripts/check.mjs           run the checks
 *   node scripts/check.mjs --write   enter claimed requirements into requirements.json and docs/requirements.md,
 *                                    and public names into api/
 */
import { parseArgs } from 'node:util';
import { checkApi } from './checks/api.mjs';
import { checkChangeset } from './checks/changeset.mjs';
import { checkHouse } from './checks/house.mjs';
import { checkLockfile } from './checks/lockfile.mjs';
import { checkProject } from './checks/project.mjs';
import { checkRequirementsPage } from './checks/requirements-page.mjs';
import { checkRequirements } from './checks/requirements.mjs';
import { checkSecurity } from './checks/security.mjs';
import { checkWorkflows } from './checks/workflows.mjs';

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
  ['public names', () => checkApi({ write: values.write })],
  ['changeset', () => checkChangeset()],
  ['project', () => checkProject({ write: values.write })],
  ['security page', () => checkSecurity({ write: values.write })],
  ['workflows', () => checkWorkflows()],
  ['lock file', () => checkLockfile()],
  ['requirements', () => checkRequirements({ write: values.write })],
  // Behind the check that enters what the page shows.
  ['requirements as a page', () => checkRequirementsPage({ write: values.write })],
];
for (const [name, check] of checks) {
  const { faults, summary } = check();
  console.log(`${faults.length === 0 ? 'ok' : 'FAULT'}  ${name}: ${summary}`);
  for (const fault of faults) console.log(`       ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}
