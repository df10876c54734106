/**
 * Workflows and the action run elsewhere, so a slip in them shows after it is pushed. What can be known of
 * them here: that they parse, hold no more rights than they need, and name what exists.
 */
import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { files } from './files.mjs';

/** Values that whoever opens a pull request chooses: in a script they would be code. */
const UNTRUSTED = /\$\{\{[^}]*\b(?:github\.(?:event|head_ref)|inputs)\b[^}]*\}\}/;

export function checkWorkflows() {
  const scripts = JSON.parse(readFileSync('package.json', 'utf8')).scripts;
  const workflows = files('.github/workflows/*.yml');
  const actions = files('actions/*/action.yml');
  const faults = [
    ...workflows.flatMap((path) => read(path, (document) => workflowFaults(document, scripts))),
    ...actions.flatMap((path) => read(path, actionFaults)),
  ];
  return { faults, summary: `${workflows.length} workflows, ${actions.length} actions` };
}

function read(path, faultsOf) {
  const document = parseDocument(readFileSync(path, 'utf8'), { strict: true, uniqueKeys: true });
  const problems = [...document.errors, ...document.warnings].map(({ message }) => message);
  const faults = problems.length > 0 ? problems : faultsOf(document.toJS());
  return faults.map((fault) => `${path}: ${fault}`);
}

function workflowFaults({ on, permissions, jobs }, scripts) {
  const faults = [];
  if (on === undefined) faults.push('says not when it runs');
  if (on?.pull_request_target !== undefined) {
    faults.push('pull_request_target gives the rights of the repository to the code of others');
  }
  if (JSON.stringify(permissions) !== '{}') {
    faults.push('permissions: {} is missing at the top: each job names its own');
  }
  for (const [name, job] of Object.entries(jobs ?? {})) {
    if (job.permissions === undefined) faults.push(`${name}: names no permissions`);
    if (job['timeout-minutes'] === undefined) faults.push(`${name}: has no timeout-minutes`);
    faults.push(...(job.steps ?? []).flatMap((step) => stepFaults(step, scripts)));
  }
  return faults;
}

function actionFaults({ name, description, inputs = {}, runs }) {
  const faults = [];
  if (!name || !description) faults.push('has no name or no description');
  if (runs?.using !== 'composite') faults.push('is not composite');
  for (const step of runs?.steps ?? []) {
    faults.push(...stepFaults(step));
    if (step.run !== undefined && step.shell === undefined) faults.push('a step names no shell');
    for (const [, input] of JSON.stringify(step).matchAll(/\binputs\.([\w-]+)/g)) {
      if (inputs[input] === undefined) faults.push(`the input ${input} is not declared`);
    }
  }
  return faults;
}

/** Faults of a step; npm scripts are looked for if they are given. */
function stepFaults({ run, uses, with: given = {} }, scripts) {
  const faults = [];
  if ((run === undefined) === (uses === undefined)) faults.push('a step needs run or uses');
  if (uses !== undefined && !/^[\w.-]+\/[\w./-]+@[\da-f]{40}$/.test(uses)) {
    faults.push(`${uses} is not pinned to a commit`);
  }
  if (uses?.startsWith('actions/checkout@') && given['persist-credentials'] !== false) {
    faults.push('checkout leaves its token to the steps behind it: persist-credentials: false');
  }
  if (run === undefined) return faults;
  if (UNTRUSTED.test(run)) faults.push(`pass values by env, not into the script: ${run}`);
  for (const [, script] of run.matchAll(/\bnpm run ([\w:]+)/g)) {
    if (scripts !== undefined && scripts[script] === undefined) {
      faults.push(`there is no script ${script}`);
    }
  }
  return faults;
}
